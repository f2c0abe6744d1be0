"""The command `check`: look through records before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import UsageError
from opencse.command import Command
from opencse.options import (
    AsJson,
    Config,
    MappingOption,
    SourceOption,
    Threads,
    TrustCode,
    as_of_date,
    bounded_threads,
    record_source,
)
from opencse.terminal import print_items, print_json, print_note, print_table, print_text, steps

if TYPE_CHECKING:
    from pipeline.check.record_check import RecordCheck

LISTED = 12
"""How many reasons, columns and notes are listed; the page and `--json` have all."""


def check(
    records: Annotated[Path, typer.Argument(help="Folder of record files.", metavar="RECORDS", show_default=False)],
    mapping: MappingOption = None,
    source: SourceOption = "folder",
    as_of: Annotated[str | None, typer.Option(help="As-of date, YYYY-MM-DD.")] = None,
    config: Config = None,
    out: Annotated[Path | None, typer.Option(help="HTML file to write.")] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the file.")] = False,
    threads: Threads = None,
    trust_code: TrustCode = False,
    as_json: AsJson = False,
) -> None:
    """Look through records without running anything: what fits, what does not and why, and what can be computed.

    It ends with the code with which a run would end because of the records.
    """
    from data.staging import staged_file
    from pipeline.check.check_page import check_page
    from pipeline.check.record_check import check_records
    from pipeline.run import check_as_of
    from pipeline.settings import load

    if out is not None and out.exists() and not overwrite:
        raise UsageError("The file exists already.", where=str(out), hint="Choose another, or add --overwrite.")
    day = as_of_date(as_of) if as_of is not None else None
    check_as_of([day] if day else [])
    settings = load(config, trust_code=trust_code)
    layout = record_source(source, mapping)
    with steps("Checking") as progress:
        result = check_records(
            records,
            source=layout,
            settings=settings,
            as_of=day,
            threads=bounded_threads(threads),
            progress=progress,
        )
    if out is not None:
        with staged_file(out) as file:
            file.write_text(check_page(result), encoding="utf-8")
    if as_json:
        print_json(result.to_json())
    else:
        _print_report(result)
    if out is not None:
        print_note(f"Written to {out}; open it in a browser.")
    refusal = result.refusal()
    if refusal is not None:
        raise refusal


def _print_report(result: RecordCheck) -> None:
    sampled, notes = result.loaded.sampled, result.loaded.notes
    rows = [(c.table, c.rows_in, sampled.get(c.table, c.rows_in), c.quarantined) for c in result.loaded.counts]
    print_table("Records", ["table", "looked at", "in the file", "would be quarantined"], rows)
    print_short_form(result)
    _print_columns(result)
    print_items(notes[:LISTED])
    if len(notes) > LISTED:
        print_text(f"  … and {len(notes) - LISTED} more with --json or --out")


def print_short_form(result: RecordCheck) -> None:
    """Print why rows would be refused, and what can be computed; a run counts the rows of its tables itself."""
    for fault in result.faults:
        print_text("\n".join(fault.lines()))
    print_text(f"Check, as of {result.as_of}")
    if result.reasons:
        reasons = [
            (f"{r.table}.{r.column}", r.constraint, r.rows, "; ".join(f"{value} ({n})" for value, n in r.commonest))
            for r in result.reasons[:LISTED]
        ]
        print_table("Why rows would not be loaded", ["column", "constraint", "rows", "commonest"], reasons)
    for sentence in _sentences(result):
        print_text(sentence)


def _sentences(result: RecordCheck) -> Iterator[str]:
    counts = ", ".join(f"{ready} of {number} {kind}" for kind, (ready, number) in result.counts().items())
    yield f"Can be computed: {counts}."
    if result.loaded.absent:
        yield f"Absent tables: {', '.join(result.loaded.absent)}."
    unlocks = [f"{u.missing} ({u.parts} indicators and rules)" for u in result.unlocks[:3]]
    if unlocks:
        yield f"Would bring most: {', '.join(unlocks)}."
    if result.shape:
        yield "; ".join(f"{name.replace('_', ' ')}: {number:,}" for name, number in result.shape.items()) + "."
    yield from result.ended


def _print_columns(result: RecordCheck) -> None:
    days = [(f"{c.table}.{c.column}", c.cells, c.precision, c.least, c.greatest) for c in result.columns if c.precision]
    print_table("Days", ["column", "cells", "known by", "from", "to"], days)
    silent: dict[str, list[str]] = {}
    for column in result.columns:
        if column.state != "varied":
            value = f" ({column.least})" if column.least is not None else ""
            silent.setdefault(column.state, []).append(f"{column.table}.{column.column}{value}")
    for state, names in silent.items():
        print_text(f"{state.capitalize()} columns: {', '.join(names)}.")


COMMAND = Command(
    check,
    panel="Run",
    examples=(
        "opencse check DIR",
        "opencse check DIR --mapping mapping.toml --as-of 2018-01-01 --out check.html",
    ),
)
