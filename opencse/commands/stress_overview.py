"""The command `stress-overview`: where a method broke in a stress plan, and for whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opencse.command import Command
from opencse.commands.stress import print_failures
from opencse.options import AsJson
from opencse.terminal import print_json, print_table, print_text

if TYPE_CHECKING:
    from stress.overview import Overview

_HEADLINE = (
    "world, people, set",
    "scenario, highest dose",
    "concern",
    "innocent people flagged per 46,000",
    "change [95% interval]",
    "recall, points",
    "newly flagged innocents",
    "no longer flagged",
    "seeds",
)
_BROKEN = ("world, people, set", "scenario, dose", "shows from", "of", "what", "whom", "twin, %", "change, points")


def stress_overview(
    folder: Annotated[Path, typer.Argument(help="A folder written by 'opencse stress'.")],
    as_json: AsJson = False,
) -> None:
    """Say where it broke: which scenario, from which dose, for whom, and how baselines fare."""
    from stress.overview import overview

    results = overview(folder)
    if as_json:
        print_json(results.to_json())
        return
    for line in results.controls_headline:
        print_text(line)
    print_failures(results.failures)
    _print_headline(results)
    _print_broken(results)
    _print_methods(results)
    print_text(f"All effects, with intervals: {folder / 'effects.parquet'}")


def _range(row: dict[str, Any], suffix: str = "", *, scale: float = 1.0, digits: int = 0) -> str:
    effect, low, high = (row.get(f"{name}{suffix}") for name in ("effect", "low", "high"))
    if effect is None:
        return "–"
    text = f"{effect * scale:+,.{digits}f}"
    if low is None or high is None:
        return text
    return f"{text} [{low * scale:+,.{digits}f}, {high * scale:+,.{digits}f}]"


def _case(row: dict[str, Any]) -> tuple[str, str]:
    return f"{row['world']} {row['people']:,} {row['set']}", f"{row['scenario']} {row['dose']:g}"


def _print_headline(results: Overview) -> None:
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
        for row in results.headline
    ]
    print_table("What each scenario does to innocent people, against the unperturbed twin", _HEADLINE, rows)


def _print_broken(results: Overview) -> None:
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
        for row in results.broken
    ]
    if not rows:
        print_text("No harm stands out at a false discovery rate of 5%: there are too few seeds, or there is none.")
        return
    print_table("Where it broke: the largest harms that stand out at a false discovery rate of 5%", _BROKEN, rows)


def _print_methods(results: Overview) -> None:
    """Print, for each world and concern, scenarios by methods: how recall moves, and the group hit most."""
    places = sorted({(_case(row)[0], row["concern"]) for row in results.methods})
    for place, concern in places:
        rows = [row for row in results.methods if (_case(row)[0], row["concern"]) == (place, concern)]
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


COMMAND = Command(stress_overview, panel="Test the method", examples=("opencse stress-overview build/stress",))
