"""The command `run`: load records, and write flags with their evidence."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import LittleToSay, UsageError
from opencse.command import Command
from opencse.commands.check import print_short_form
from opencse.options import (
    AsJson,
    Config,
    MappingOption,
    SourceOption,
    Threads,
    TrustCode,
    as_of_date,
    bounded_threads,
    one_of,
    record_source,
)
from opencse.terminal import print_items, print_json, print_note, print_table, print_text, share, steps

if TYPE_CHECKING:
    from pipeline.given_ids import GivenIds
    from pipeline.run import Finished
    from pipeline.settings import Settings

LISTED = 10
"""How many notes, gaps and changes are listed; the manifest has all."""

_COMPARISON = (
    "as of",
    "subject",
    "concern",
    "selection",
    "compared",
    "not enough evidence",
    "selected",
    "of them tied",
)


def run(
    out: Annotated[Path, typer.Option(help="Run folder to write; it must not exist yet.")],
    world: Annotated[str | None, typer.Option(help="Generate this synthetic world and run on it.")] = None,
    records: Annotated[Path | None, typer.Option(help="Folder of record files to run on.")] = None,
    source: SourceOption = "folder",
    mapping: MappingOption = None,
    as_of: Annotated[list[str] | None, typer.Option(help="As-of date, YYYY-MM-DD; may be repeated.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Random seed of the detectors (and the world).", min=0, max=2**32 - 1)
    ] = None,
    config: Config = None,
    threads: Threads = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the run in the output folder.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was killed.")] = False,
    pseudonymise: Annotated[
        Path | None,
        typer.Option(help="Know people and units by pseudonyms, made with the key in this file."),
    ] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Remove what killed runs left beside it.")] = False,
    trust_code: TrustCode = False,
    allow_empty: Annotated[
        bool, typer.Option(help="End with code 0 although rows were lost or nobody could be compared.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load records, check them, compute features, run rules and detectors, and write flags with their evidence."""
    from dossier.run_page import run_page
    from pipeline.extras import check_extras
    from pipeline.pseudonyms import read_key
    from pipeline.run import check_as_of
    from pipeline.run import run as run_pipeline
    from pipeline.run_folder import check_free
    from pipeline.settings import load

    source = _checked_source(world, records, source, mapping)
    dates = [as_of_date(text) for text in as_of or []]
    check_as_of(dates)
    settings = load(config, seed=seed, trust_code=trust_code)
    for file in settings.own_files:
        print_note(f"Note: {file.path} is not OpenCSE's, and takes part ({file.kind}).")
    check_extras(settings)  # a world would be generated in vain
    check_free(out, overwrite=overwrite)
    pseudonyms = None if pseudonymise is None else read_key(pseudonymise, apart_from=out)
    _name_unfinished(out, clean=clean, resume=resume)
    number = bounded_threads(threads)
    with _records(world, records, seed, number) as (folder, origin), steps("Running") as progress:
        finished = run_pipeline(
            folder,
            out=out,
            settings=settings,
            source=source,
            as_of=dates,
            world=origin,
            threads=number,
            overwrite=overwrite,
            resume=resume,
            page=run_page,
            pseudonyms=pseudonyms,
            progress=progress,
            on_loaded=print_short_form if records is not None and not as_json else None,
        )
    if as_json:
        print_json({"out": str(out), "flags": finished.flags, **_facts(finished)})
    else:
        _print_report(finished, settings, out)
    if finished.warnings:
        _warn(finished.warnings, allow_empty=allow_empty)


def _checked_source(world: str | None, records: Path | None, source: str, mapping: Path | None) -> str:
    """Return what the records are read by.

    Raises:
        UsageError: not exactly one of a world and records is given, or a world with a source of its own.
    """
    one_of(world, records, summary="A run needs records.", expected="one of --world WORLD and --records DIR")
    layout = record_source(source, mapping)
    if world is not None and layout != "folder":
        expected = "--source only together with --records, and so --mapping"
        raise UsageError("A synthetic world has no other source.", expected=expected)
    return layout


def _name_unfinished(out: Path, *, clean: bool, resume: bool) -> None:
    """Name what killed runs left beside the output folder, and remove it where that was asked for."""
    from data.staging import remove_unfinished, unfinished_beside

    for path in unfinished_beside(out):
        own = path.name.startswith((f".{out.name}.unfinished-", f".{out.name}.database-"))
        if own and resume and ".unfinished-" in path.name:
            print_note(f"Note: {path} was left by a run that was killed; it is gone on with where it can be.")
        elif own or clean:
            remove_unfinished([path])
            print_note(f"Note: {path} was left by a run that was killed, and is removed.")
        else:
            print_note(f"Note: {path} was left by a run that was killed; --clean removes it.")


def _warn(warnings: Sequence[str], *, allow_empty: bool) -> None:
    """Say last what keeps the run from saying what it seems to say.

    Raises:
        LittleToSay: unless that was accepted beforehand.
    """
    if allow_empty:
        for warning in warnings:
            print_note(f"Warning: {warning}")
        return
    raise LittleToSay(
        f"Warning: {warnings[0]}",
        found=" ".join(warnings[1:]) or None,
        hint="The run is written. 'opencse check' says why; --allow-empty accepts it.",
    )


@contextmanager
def _records(
    world: str | None, records: Path | None, seed: int | None, threads: int | None
) -> Iterator[tuple[Path, dict[str, Any] | None]]:
    """Give the records folder, generated for the time of the run where a world was named."""
    if world is None:
        assert records is not None
        yield records, None
        return
    from data.synthetic.generate import generate
    from data.synthetic.world import load

    settings = load(world, seed=seed)
    with tempfile.TemporaryDirectory(prefix="opencse-") as temporary:
        folder = Path(temporary) / "world"
        with share(f"Generating {world}") as progress:
            generate(settings, out=folder, threads=threads or 1, progress=progress)
        yield folder / "records", {"name": settings.name, "people": settings.people, "seed": settings.seed}


def _facts(finished: Finished) -> dict[str, Any]:
    """Return what a run's manifest says of it; where ids were texts, with the place of each gap and change by them."""
    from pipeline.given_ids import given_ids

    manifest, ids = finished.folder.manifest, given_ids(finished.folder)
    names = (
        "as_of",
        "counts",
        "absent",
        "notes",
        "skipped",
        "source_gaps",
        "practice_changes",
        "selections",
        "contradictions",
        "warnings",
    )
    facts = {name: manifest[name] for name in names}
    if not ids.empty:
        for name in ("source_gaps", "practice_changes"):
            facts[name] = [fact | {"place": ids.place(fact["area"])} for fact in facts[name]]
    return facts


def _print_report(finished: Finished, settings: Settings, out: Path) -> None:
    from pipeline.given_ids import given_ids
    from pipeline.promised import borne_out, promises
    from pipeline.seal import PAGE

    counts = [(c.table, c.rows_in, c.loaded, c.quarantined) for c in finished.loaded.counts]
    print_table("Records", ["table", "rows in", "loaded", "quarantined"], counts)
    if finished.loaded.absent:
        print_text(f"Absent tables: {', '.join(finished.loaded.absent)}")
    notes = [*finished.folder.manifest["notes"], *(f"skipped {line}" for line in finished.skipped)]
    print_items(notes[:LISTED])
    _print_remainder(len(notes))
    ids = given_ids(finished.folder)
    _print_sources(finished.folder.manifest, ids)
    rows = [
        (str(o.as_of), o.subject_kind, o.concern, o.method, o.compared, o.insufficient, o.selected, o.tied)
        for o in finished.selections
    ]
    print_table("Comparison with peers", _COMPARISON, rows)
    print_items(promises(settings))
    if settings.excess.concerns:
        print_text(label="Excess, held against the force's own past")
        print_items(borne_out(finished.folder.table("excess")))
    _print_practices(finished, ids)
    by_family = finished.folder.table("flags").group_by(["concern", "family"]).aggregate([("flag_id", "count")])
    print_table(
        f"{finished.flags:,} flags: records worth a human look, never findings",
        ["concern", "family", "flags"],
        sorted(tuple(row.values()) for row in by_family.to_pylist()),
    )
    print_text(f"Look: opencse flags {out}   Why: opencse explain {out} FLAG_ID   Check: opencse replay {out}")
    print_text(
        f"Read: open {out / PAGE} in a browser; it needs no network, and shows every flag down to its source rows."
    )


def _print_practices(finished: Finished, ids: GivenIds) -> None:
    """Print what is a practice of many, and how the selections by rules went."""
    found = [ids.sentence(text) for text in finished.folder.table("practices")["sentence"].to_pylist()]
    if found:
        print_text(label="Practices: facts about a place or a custom, not about a person")
        print_items(found[:LISTED])
        _print_remainder(len(found))
    rows = [
        (str(o.as_of), o.concern, o.rules, o.tested, o.insufficient, o.selected, o.level)
        for o in finished.rule_selections
    ]
    columns = ["as of", "concern", "rules", "tested", "not enough evidence", "selected", "q"]
    print_table("Contradictions, next to what is ordinary", columns, rows)


def _print_sources(manifest: dict[str, Any], ids: GivenIds) -> None:
    """Print in which stretches sources were silent and from when on they record otherwise, each once."""
    gaps = {
        (g["table"], ids.place(g["area"]), g["first"], g["last"]): (g["found"], g["usual"])
        for g in manifest["source_gaps"]
    }
    changes = {
        (c["table"], ids.place(c["area"]), c["since"]): (c["before"], c["after"]) for c in manifest["practice_changes"]
    }
    for title, columns, facts in (
        ("Source gaps: nothing is concluded from silence here", ["source", "in", "from", "to", "rows", "usual"], gaps),
        ("Sources that record more or less from a day on", ["source", "in", "since", "rows before", "after"], changes),
    ):
        if facts:
            print_table(title, columns, [(*key, *numbers) for key, numbers in sorted(facts.items())][:LISTED])
        _print_remainder(len(facts))


def _print_remainder(number: int) -> None:
    if number > LISTED:
        print_text(f"  … and {number - LISTED} more in manifest.json")


COMMAND = Command(
    run,
    panel="Run",
    examples=(
        "opencse run --world tiny --out build/run",
        "opencse run --records DIR --mapping mapping.toml --out build/run",
        "opencse run --source chicago --records DIR --as-of 2009-01-01 --out build/chicago",
    ),
)
