"""The command `explain`: say why a flag was raised, and what would have changed it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opencse.command import Command
from opencse.options import AsJson, FlagId, Full, RunPath, TrustCode
from opencse.terminal import print_items, print_json, print_note, print_table, print_text, screen, steps

if TYPE_CHECKING:
    from audit.flag.explanation import Explanation
    from audit.flag.peer_list import PeerList
    from audit.flag.removal import Removal
    from pipeline.given_ids import GivenIds
    from pipeline.run_folder import RunFolder

BRIEF = 3
"""How many lines of a part fit a screen."""

LISTED = 10
"""How many rows to be removed are listed; `--json` lists all."""


def explain(
    run: RunPath,
    flag: FlagId,
    rows: Annotated[int, typer.Option(help="How many rows of each table to show.", min=0)] = 5,
    removal: Annotated[bool, typer.Option(help="Find the fewest rows without which it would not be raised.")] = True,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Compare everybody anew without those rows: what else comes or goes.")
    ] = False,
    stability: Annotated[
        bool, typer.Option("--stability", help="Count how often it is raised again: other peers, seeds, dates.")
    ] = False,
    records: Annotated[Path | None, typer.Option(help="The run's records, for another as-of date.")] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="List everybody it was compared with, with their values.")
    ] = False,
    prov: Annotated[Path | None, typer.Option(help="Write its ancestry to this file, as PROV-JSON.")] = None,
    trust_code: TrustCode = False,
    full: Full = False,
    as_json: AsJson = False,
) -> None:
    """Say why a flag was raised, compared with whom, on which rows, and what would have changed it."""
    from audit.flag.explanation import explain as explain_flag
    from audit.flag.given_explanation import given_facts, given_peers, with_given_ids
    from audit.flag.removal import smallest_removal
    from audit.flag.rerun import Rerun
    from pipeline.given_ids import given_ids
    from pipeline.run_folder import open_run

    folder = open_run(run, trust_code=trust_code)
    rerun, ids = Rerun(folder, folder.settings), given_ids(folder)
    explanation = explain_flag(folder, flag, rows=rows, rerun=rerun)
    if prov is not None:
        _write_prov(folder, flag, prov)
    lists = _peer_lists(folder, flag) if peers else []
    kind = explanation.flag["subject_kind"]
    with steps("Explaining") as progress:
        if removal:
            progress("the fewest rows without which it would not be raised")
            fewest = smallest_removal(folder, flag, rerun=rerun, confirm=confirm)
            explanation = replace(explanation, removal=fewest)
        if stability or records is not None:
            from audit.flag.stability import stability as count_survival

            survival = count_survival(folder, flag, records=records, progress=progress)
            explanation = replace(explanation, survival=survival)
    explanation = with_given_ids(explanation, ids)
    if as_json:
        listed = {"peers": [given_peers(one, ids, kind) for one in lists]} if peers else {}
        print_json(given_facts(explanation, ids) | listed)
    elif full or screen() is None:
        _print_explanation(explanation, ids)
    else:
        _print_briefly(explanation)
    if not as_json:
        _print_peers(lists, ids, kind)


def _write_prov(folder: RunFolder, flag: str, path: Path) -> None:
    from audit.flag.prov import write_prov

    write_prov(folder, flag, path)
    print_note(f"Note: {path} says what the flag comes from.")


def _peer_lists(folder: RunFolder, flag: str) -> list[PeerList]:
    from audit.flag.peer_list import peer_lists

    return peer_lists(folder, flag)


def _print_peers(lists: list[PeerList], ids: GivenIds, kind: str) -> None:
    """Print everybody the subject was compared with; a star marks the subject."""
    for one in lists:
        measured = f", {one.indicator} over {one.window_days} days" if one.indicator else ""
        group = ids.sentence(one.peer_group or "everybody with claims")
        _print_part(f"Compared by {one.detector}: {group}{measured}")
        rows = [
            (
                f"{'* ' if p.subject else ''}{ids.text(kind, p.subject_id)}",
                p.value,
                p.exposure,
                p.status,
                p.score,
                p.p_value,
            )
            for p in one.members
        ]
        print_table("", ["subject", "value", "exposure", "status", "score", "p_value"], rows)


def _print_explanation(explanation: Explanation, ids: GivenIds) -> None:
    _print_flag(explanation.flag)
    for detection in explanation.scores:
        _print_contributions(detection)
    cited = [(table, name, part, number) for table, name, part, number in explanation.cited]
    _print_part("On which rows")
    print_table("", ["table", "indicator or rule", "part", "rows"], cited)
    for name, rows in explanation.rows.items():
        _print_rows(name, rows)
    _print_part("What would have changed it")
    print_items(explanation.changes)
    if explanation.removal is not None:
        _print_removal(explanation.removal, ids)
    if explanation.survival:
        _print_part("How often it is raised again")
        print_items(survival.sentence() for survival in explanation.survival)
    _print_part("What it rests on")
    print_items(explanation.assumptions)


def _print_briefly(explanation: Explanation) -> None:
    """Print what fits a screen: why, on how many rows, what would have changed it, and how to see the rest."""
    _print_flag(explanation.flag)
    counted = Counter[str]()
    for table, _, part, number in explanation.cited:
        counted[table] += number if part == "direct" else 0
    rows = ", ".join(f"{number:,} of {table.replace('_', ' ')}" for table, number in sorted(counted.items()) if number)
    _print_part("On which rows")
    print_items([rows])
    _print_part("What would have changed it")
    print_items(explanation.changes[:BRIEF])
    if explanation.removal is not None:
        print_items([explanation.removal.sentence()])
    if explanation.survival:
        _print_part("How often it is raised again")
        print_items([survival.sentence() for survival in explanation.survival][:BRIEF])
    print_text()
    print_text("Peers, rows and assumptions: add --full. With pictures, as a page: opencse dossier RUN")


def _print_part(title: str) -> None:
    print_text()
    print_text(label=title)


def _print_flag(flag: dict[str, Any]) -> None:
    print_text(
        f"{flag['subject_kind']} {flag.get('subject', flag['subject_id'])}, as of {flag['as_of']},"
        f" concern: {flag['concern']}",
        label=f"Flag {flag['flag_id']}",
    )
    standard = f", standard: {flag['standard'].replace('_', ' ')}" if flag["standard"] else ""
    print_text(
        f"By {', '.join(flag['detectors'])} ({flag['family']}){standard}; for {flag['audience'].replace('_', ' ')};"
        f" policy {flag['policy']} version {flag['policy_version']}. A record worth a human look, not a finding."
    )
    print_text()
    print_text(flag["explanation"], label="Why")


def _print_removal(removal: Removal, ids: GivenIds) -> None:
    print_items([removal.sentence()])
    columns = ["table", "row", "source_file", "source_row"]
    keys = [ids.row_id(row.table_name, row.row_id) for row in removal.rows[:LISTED]]
    rows = [
        (row.table_name, key, row.source_file, row.source_row) for key, row in zip(keys, removal.rows, strict=False)
    ]
    if rows:
        print_table("", columns, rows)
    if len(removal.rows) > LISTED:
        print_text(f"    … and {len(removal.rows) - LISTED} more; --json lists all")


def _print_contributions(detection: dict[str, Any]) -> None:
    columns = ["indicator", "window_days", "observed", "n_rows", "exposure", "expected", "low", "high", "p_value"]
    rows = [contribution for contribution in detection["contributions"] if "indicator" in contribution]
    if any("covered_days" in row for row in rows):
        columns.insert(2, "covered_days")
    if rows:
        peers = f"{detection['peers']} peers, {detection['peer_group']}"
        p_value = "" if detection["p_value"] is None else f", p = {detection['p_value']:.2g}"
        _print_part(f"{detection['detector']} (compared with {peers}{p_value})")
        print_table("", columns, [[row.get(column) for column in columns] for row in rows])


def _print_rows(table: str, rows: list[dict[str, Any]]) -> None:
    from audit.flag.explanation import shown_columns

    if rows:
        columns = [*shown_columns(table), "source_file", "source_row"]
        values = [[str(row[column]) if row[column] is not None else None for column in columns] for row in rows]
        _print_part(f"{table}: the first of the rows it rests on")
        print_table("", columns, values)


COMMAND = Command(
    explain,
    panel="Read a run",
    examples=(
        "opencse explain build/run 3fa9c2",
        "opencse explain build/run 3fa9c2 --stability",
        "opencse explain build/run 3fa9c2 --prov flag.prov.json",
    ),
    data_frames=False,
)
