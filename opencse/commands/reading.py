"""Commands that read a run: `flags`, `explain`, `sql`; and `catalogue`, which reads the declarations."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import UsageError
from data.vocabulary import CONCERNS
from opencse.commands.checking import AsJson, Run
from opencse.terminal import output, print_json, print_table, steps

if TYPE_CHECKING:
    from audit.flag.explanation import Explanation
    from audit.flag.removal import Removal

MANY = 10
"""How many rows to be removed are shown."""

SHORT = 12
"""How much of a flag's id is shown in lists; it is enough to name it by."""


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Examples: opencse flags build/run --concern standards; opencse flags build/run --strongest 10")(
        flags
    )
    app.command(epilog="Examples: opencse explain build/run 3fa9c2; opencse explain build/run 3fa9c2 --stability")(
        explain
    )
    app.command(epilog="Examples: opencse sql build/run; opencse sql build/run roster_self_edits")(sql)
    app.command(epilog="Examples: opencse catalogue; opencse catalogue roster_self_edits")(catalogue)


def flags(
    run: Run,
    concern: Annotated[str | None, typer.Option(help="Only this concern: standards, welfare or culture.")] = None,
    subject: Annotated[int | None, typer.Option(help="Only this officer's or unit's id.")] = None,
    strongest: Annotated[
        int | None, typer.Option(help="Only so many that rest on comparison, for each concern, date and kind.", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the flags of a run: records worth a human look, never findings; and how many can be false at most."""
    from audit.rates.picked_bounds import bounds_of, strongest_of
    from pipeline.run_folder import open_run

    if concern is not None and concern not in CONCERNS:
        raise UsageError("There is no such concern.", expected=", ".join(CONCERNS), found=concern, where="--concern")
    folder = open_run(run)
    found = [
        row
        for row in folder.table("flags").to_pylist()
        if concern in (None, row["concern"]) and subject in (None, row["subject_id"])
    ]
    if strongest is not None:
        found = strongest_of(found, strongest)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            f["flag_id"][:SHORT],
            f"{f['subject_kind']} {f['subject_id']}",
            str(f["as_of"]),
            f["concern"],
            f["family"],
            f["q_value"],
            f["explanation"],
        )
        for f in found
    ]
    columns = ["flag", "subject", "as of", "concern", "family", "q", "why a human should look"]
    print_table(f"{len(rows)} flags", columns, rows)
    for bound in bounds_of(folder, found):
        output().print(bound.sentence(), markup=False)


def explain(
    run: Run,
    flag: Annotated[str, typer.Argument(help="A flag id or its beginning.")],
    rows: Annotated[int, typer.Option(help="How many rows of each table to show.", min=0)] = 5,
    removal: Annotated[bool, typer.Option(help="Find the fewest rows without which it would not be raised.")] = True,
    stability: Annotated[
        bool, typer.Option("--stability", help="Count how often it is raised again: other peers, seeds, dates.")
    ] = False,
    records: Annotated[Path | None, typer.Option(help="The run's records, for another as-of date.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say why a flag was raised, compared with whom, on which rows, and what would have changed it."""
    from audit.flag.explanation import explain as explain_flag
    from audit.flag.removal import smallest_removal
    from audit.flag.stability import stability as count_survival
    from pipeline.run_folder import open_run

    folder = open_run(run)
    explained = explain_flag(folder, flag, rows=rows)
    with steps("Explaining") as progress:
        if removal:
            progress("the fewest rows without which it would not be raised")
            explained = replace(explained, removal=smallest_removal(folder, flag))
        if stability or records is not None:
            survival = count_survival(folder, flag, records=records, progress=progress)
            explained = replace(explained, survival=survival)
    if as_json:
        print_json(asdict(explained))
    else:
        _print_explanation(explained)


def _print_explanation(explained: Explanation) -> None:
    console, flag = output(), explained.flag
    subject = f"{flag['subject_kind']} {flag['subject_id']}"
    console.print(f"[bold]Flag {flag['flag_id']}[/]: {subject}, as of {flag['as_of']}, concern: {flag['concern']}")
    standard = f", standard: {flag['standard'].replace('_', ' ')}" if flag["standard"] else ""
    console.print(
        f"By {', '.join(flag['detectors'])} ({flag['family']}){standard}; for {flag['audience'].replace('_', ' ')};"
        f" policy {flag['policy']} version {flag['policy_version']}. A record worth a human look, not a finding."
    )
    console.print(f"\n[bold]Why[/]  {flag['explanation']}", markup=True)
    for said in explained.said:
        _print_contributions(said)
    cited = [(table, name, part, n) for table, name, part, n in explained.cited]
    print_table("\nOn which rows", ["table", "indicator or rule", "part", "rows"], cited)
    for name, found in explained.rows.items():
        _print_rows(name, found)
    console.print("\n[bold]What would have changed it[/]")
    for line in explained.changes:
        console.print(f"  - {line}", markup=False)
    if explained.removal is not None:
        console.print(f"  - {explained.removal.sentence()}", markup=False)
        _print_removal(explained.removal)
    if explained.survival:
        console.print("\n[bold]How often it is raised again[/]")
        for survival in explained.survival:
            console.print(f"  - {survival.sentence()}", markup=False)
    console.print("\n[bold]What it rests on[/]")
    for line in explained.assumptions:
        console.print(f"  - {line}", markup=False)


def _print_removal(removal: Removal) -> None:
    columns = ["table", "row", "source_file", "source_row"]
    listed = [(r.table_name, str(r.row_id), r.source_file, r.source_row) for r in removal.rows[:MANY]]
    if listed:
        print_table("", columns, listed)
    if len(removal.rows) > MANY:
        output().print(f"    … and {len(removal.rows) - MANY} more; --json lists all", markup=False)


def _print_contributions(said: dict[str, Any]) -> None:
    columns = ["indicator", "window_days", "observed", "exposure", "expected", "low", "high", "p_value"]
    listed = [c for c in said["contributions"] if "indicator" in c]
    if listed:
        group = f"{said['peers']} peers, {said['peer_group']}"
        p_value = "" if said["p_value"] is None else f", p = {said['p_value']:.2g}"
        print_table(
            f"\n{said['detector']} (compared with {group}{p_value})",
            columns,
            [[c.get(n) for n in columns] for c in listed],
        )


def _print_rows(table: str, rows: list[dict[str, Any]]) -> None:
    from audit.flag.explanation import shown_columns

    if rows:
        columns = [*shown_columns(table), "source_file", "source_row"]
        values = [[str(row[c]) if row[c] is not None else None for c in columns] for row in rows]
        print_table(f"\n{table}: the first of the rows it rests on", columns, values)


def sql(
    run: Run,
    step: Annotated[
        str | None, typer.Argument(help="A step, part of its name, or an indicator; none lists all.")
    ] = None,
) -> None:
    """Print the SQL that ran, by step or indicator, exactly as it ran."""
    from pipeline.run_folder import open_run

    lineage = open_run(run).path / "lineage"
    steps = json.loads((lineage / "steps.json").read_text(encoding="utf-8"))
    if step is None:
        for entry in steps:
            print(entry["step"])
        return
    texts = [(e["step"], (lineage / e["file"]).read_text(encoding="utf-8")) for e in steps]
    found = [t for t in texts if t[0] == step] or [t for t in texts if step in t[0].split("/")]
    asked = _read_by(step)
    found = [t for t in texts if "/features/" in t[0] and any(f"{n}__" in t[1] for n in asked)] + found or [
        t for t in texts if step in t[0]
    ]
    if not found:
        raise UsageError(f"No step of the run is called '{step}'.", hint=f"List them: opencse sql {run}")
    for name, text in dict.fromkeys(found):
        print(f"-- {name}\n{text}")


def _read_by(name: str) -> tuple[str, ...]:
    """Return an indicator's own name, or those of the indicators that a formula reads."""
    from features.indicators import indicators

    parts = indicators()[name].parts if name in indicators() else ()
    return tuple(part.name for part in parts) or (name,)


def catalogue(
    name: Annotated[str | None, typer.Argument(help="An indicator, rule or detector to show whole.")] = None,
    as_json: AsJson = False,
) -> None:
    """List everything that is looked at and by what, or show one declaration whole."""
    from opencse.docs.catalogue_pages import entries, page

    listed = entries()
    if name is not None:
        if name not in {e.name for e in listed}:
            raise UsageError(f"Nothing in the catalogue is called '{name}'.", hint="List it: opencse catalogue")
        print(page(name))
    elif as_json:
        print_json([asdict(e) for e in listed])
    else:
        rows = [(e.kind, e.name, ", ".join(e.concerns) or "–", e.question) for e in listed]
        print_table(f"{len(rows)} declarations", ["kind", "name", "serves", "question"], rows)
