"""Commands that run stress plans: `scenarios`, `stress`, `stress-overview` and `budget`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import OpencseError
from opencse.terminal import counted, output, print_json, print_table, steps

if TYPE_CHECKING:
    from stress.harness import CellFailure
    from stress.overview import Overview

SHOWN = 10
"""How many failures are shown; the folder `failures` has all."""


class CellsFailed(OpencseError):
    """Some cells of a plan could not be run; the others are done."""


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Example: opencse scenarios")(scenarios)
    app.command(epilog="Example: opencse stress quick --out build/stress --workers 2")(stress)
    app.command(name="stress-overview", epilog="Example: opencse stress-overview build/stress")(stress_overview)
    app.command(epilog="Example: opencse budget build/stress --out build/budget")(budget)


def scenarios(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the scenarios: ways in which records go wrong, or are used wrongly."""
    from stress.scenarios import scenarios as known

    if as_json:
        told = {n: {k: getattr(s, k) for k in _TOLD} for n, s in known().items()}
        print_json(told)
        return
    rows = [(name, s.question, s.dose, ", ".join(f"{d:g}" for d in s.doses)) for name, s in known().items()]
    print_table("Scenarios", ["scenario", "question", "dose", "doses"], rows)


_TOLD = ("question", "modelled_on", "expects", "dose", "doses", "tables")


def stress(
    plan: Annotated[str, typer.Argument(help="A plan: quick, standard, full, or a .toml file.")],
    out: Annotated[Path, typer.Option(help="Folder for the cells and results; run again to go on where it stopped.")],
    workers: Annotated[int, typer.Option(help="Cells that run at the same time.", min=1)] = 1,
    backend: Annotated[
        str, typer.Option(help="joblib's: loky, threading, multiprocessing, dask, ray, spark.")
    ] = "loky",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run worlds, seeds, scenarios and doses of a plan, and put everything measured into one table."""
    from stress.harness import run_plan
    from stress.plan import load_plan

    wanted = load_plan(plan)
    with counted(f"Stress plan {Path(plan).stem}", total=len(wanted.cells())) as progress:
        done = run_plan(wanted, out, workers=workers, backend=backend, progress=progress)
    told = {"cells": done.cells, "reused": done.reused, "failed": len(done.failures), "results": "results.parquet"}
    if as_json:
        print_json(told | {"failures": [vars(f) | {"details": None} for f in done.failures]})
    else:
        output().print(
            f"{done.cells:,} cells: {done.reused:,} were there already, {len(done.failures):,} failed.\n"
            f"Look: opencse stress-overview {out}"
        )
        _print_failures(done.failures)
    if done.failures:
        raise CellsFailed(
            f"{len(done.failures)} of {done.cells} cells failed.",
            found=done.failures[0].error,
            where=str(out / "failures"),
            hint="The others are done. Mend the cause and give the same command again: only these are run.",
        )


def _print_failures(failures: tuple[CellFailure, ...]) -> None:
    if failures:
        rows = [(f.world, f.people, f.seed, f.set, f.scenario, f.dose, f.error) for f in failures[:SHOWN]]
        print_table("Failed cells", ["world", "people", "seed", "set", "scenario", "dose", "error"], rows)


def stress_overview(
    folder: Annotated[Path, typer.Argument(help="A folder written by 'opencse stress'.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say where it broke: which scenario, from which dose, for whom, and how baselines fare."""
    from stress.overview import overview

    told = overview(folder)
    if as_json:
        print_json(told.to_json())
        return
    for line in told.controls_headline:
        output().print(line, markup=False, soft_wrap=True)
    _print_failures(told.failures)
    _print_headline(told)
    _print_broken(told)
    _print_methods(told)
    output().print(f"All effects, with intervals: {folder / 'effects.parquet'}", markup=False)


def budget(
    folder: Annotated[Path, typer.Argument(help="A folder written by 'opencse stress'.")],
    out: Annotated[
        Path | None, typer.Option(help="New folder for the statement, as JSON and text, and all cells.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """State what was promised about false flags, what was achieved, and where the promise stops holding."""
    from audit.rates.rates_report import check_new
    from stress.budget import budget_statement, write_statement
    from stress.budget.statement_text import statement_lines

    if out is not None:
        check_new(out)
    with steps("Budget statement") as progress:
        progress("counting world by world")
        statement = budget_statement(folder)
        if out is not None:
            progress("writing")
            write_statement(statement, out)
    if as_json:
        print_json(statement.content)
        return
    for line in statement_lines(statement.content):
        output().print(line, markup=False, soft_wrap=True)
    if out is not None:
        output().print(f"\nThe statement: {out / 'budget.json'}; every cell: {out / 'budget.parquet'}", markup=False)


def _range(row: dict[str, Any], suffix: str = "", *, scale: float = 1.0, digits: int = 0) -> str:
    effect, low, high = (row.get(f"{k}{suffix}") for k in ("effect", "low", "high"))
    if effect is None:
        return "–"
    text = f"{effect * scale:+,.{digits}f}"
    if low is None or high is None:
        return text
    return f"{text} [{low * scale:+,.{digits}f}, {high * scale:+,.{digits}f}]"


def _case(row: dict[str, Any]) -> tuple[str, str]:
    return f"{row['world']} {row['people']:,} {row['set']}", f"{row['scenario']} {row['dose']:g}"


def _print_headline(told: Overview) -> None:
    rows = [
        (
            *_case(row),
            row["concern"],
            f"{row['twin']:,.0f}" if row["twin"] is not None else "–",
            _range(row),
            _range(row, "_recall", scale=100, digits=1),
            f"{row['gained']:.1f}",
            f"{row['lost']:.1f}",
            row["seeds"],
        )
        for row in told.headline
    ]
    columns = [
        "world, people, set",
        "scenario, highest dose",
        "concern",
        "innocent people flagged per 46,000",
        "change [95% interval]",
        "recall, points",
        "newly flagged innocents",
        "no longer flagged",
        "seeds",
    ]
    print_table("What each scenario does to innocent people, against the unperturbed twin", columns, rows)


def _print_broken(told: Overview) -> None:
    rows = [
        (
            *_case(row),
            row["from_dose"],
            f"{row['subject_kind']}, {row['concern']}",
            row["measure"].replace("_", " "),
            f"{row['by']}: {row['group']}" if row["by"] != "all" else "all",
            f"{100 * row['twin']:.1f}",
            _range(row, scale=100, digits=1),
        )
        for row in told.broken
    ]
    if not rows:
        output().print("No harm stands out at a false discovery rate of 5%: there are too few seeds, or there is none.")
        return
    columns = ["world, people, set", "scenario, dose", "shows from", "of", "what", "whom", "twin, %", "change, points"]
    print_table("Where it broke: the largest harms that stand out at a false discovery rate of 5%", columns, rows)


def _print_methods(told: Overview) -> None:
    """Print, for each world and concern, scenarios by methods: how recall moves, and the group hit most."""
    places = sorted({(_case(row)[0], row["concern"]) for row in told.methods})
    for place, concern in places:
        rows = [row for row in told.methods if (_case(row)[0], row["concern"]) == (place, concern)]
        names = sorted({(row["scope"] == "baseline", row["name"]) for row in rows})
        columns = ["scenario, highest dose", *(f"{name}{' (baseline)' if usual else ''}" for usual, name in names)]
        cells = {(_case(row)[1], row["name"]): row for row in rows}
        cases = sorted({case for case, _ in cells})
        lines = [[case, *(_method(cells.get((case, name))) for _, name in names)] for case in cases]
        title = (
            f"{place}, {concern}, at an equal workload: recall in points; group whose false-positive rate rises most"
        )
        print_table(title, columns, lines)


def _method(row: dict[str, Any] | None) -> str:
    if row is None or row["effect"] is None:
        return "–"
    text = f"{100 * row['effect']:+.1f}"
    if row.get("group") and row["effect_group"] > 0:
        text += f"; {row['group']} {100 * row['effect_group']:+.1f}"
    return text
