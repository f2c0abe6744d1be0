"""The page on a published week, replayed over drawn forces: the benchmark's results, and figures with their sources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from opencse.docs.markdown import code, render, table

PAGE: Final = "docs/findings/the-week.md"
RESULTS: Final = "benchmarks/results/the_week.json"

LISTED: Final = 685
"""About how many people the published outcome names: 98 + 500 + 42 + 12 + 30 + 3."""

PREVALENCES: Final = (
    (
        0.0055,
        "as many as the force had on the barred list in 2024/25 (183 of some 33,000 officers; press copy)",
    ),
    (0.0088, "as many as faced proceedings among officers of England and Wales in 2023/24 (1,312; official)"),
    (0.0149, "as many as the list names: an assumption"),
    (0.032, "as many as had an internal allegation in a year, 2013 to 2022 (Casey interim report, copy)"),
)
"""Shares of people of concern in a force, and where each comes from."""

SENSITIVITIES: Final = (1.0, 0.5)


def week_page(root: Path) -> str:
    """Return the page in Markdown."""
    results = json.loads((root / RESULTS).read_text(encoding="utf-8"))
    large, small = results["sizes"][0], results["sizes"][-1]
    return render(
        "week.md.jinja",
        force=results["force"],
        months=results["months"],
        large=large,
        small=small,
        listed=LISTED,
        floors=table(
            ["of concern, of 1,000", "because", *(f"if {s:.0%} of them are listed" for s in SENSITIVITIES)],
            _floors(results["force"]),
            right=[f"if {s:.0%} of them are listed" for s in SENSITIVITIES],
        ),
        planted=_kinds(large, "drawn"),
        nothing=_kinds(large, "drawn-null"),
        sizes=_sizes(large, small),
        whole=_whole(large, "drawn"),
        null=_whole(large, "drawn-null"),
        seeds=_seeds,
        small_whole=_whole(small, "drawn"),
    )


def _floors(force: int) -> Iterator[list[str]]:
    for share, because in PREVALENCES:
        least = [max(0, LISTED - round(share * force * sensitivity)) for sensitivity in SENSITIVITIES]
        yield [f"{1000 * share:.1f}", because, *(f"{number:,} ({number / LISTED:.0%})" for number in least)]


def _kinds(size: Mapping[str, Any], world: str) -> str:
    rows = [
        [
            row["kind"],
            f"{row['published']:,}",
            ", ".join(map(code, row["by"])),
            f"{row['listed']:,.0f}",
            _span(row),
            f"{row['spoken_about_innocent_of_force']:,}",
        ]
        for row in size["kinds"]
        if row["world"] == world
    ]
    columns = [
        "kind",
        "published",
        "evidence here",
        "listed",
        "innocent of those listed",
        "innocent with any evidence",
    ]
    return table(columns, rows, right=["published", "listed", columns[-1]])


def _sizes(large: Mapping[str, Any], small: Mapping[str, Any]) -> str:
    """Return what lists hold in forces of two sizes, kind by kind and all together."""
    kinds = zip(*([row for row in size["kinds"] if row["world"] == "drawn"] for size in (large, small)), strict=True)
    rows = [[of_large["kind"], *map(_span, (of_large, of_small))] for of_large, of_small in kinds]
    rows.append(["everybody listed", *(_span(_whole(size, "drawn")) for size in (large, small))])
    return table(["kind", *(f"{size['forces']} of {size['people']:,} people" for size in (large, small))], rows)


def _whole(size: Mapping[str, Any], world: str) -> Mapping[str, Any]:
    whole: Mapping[str, Any] = next(row for row in size["whole_list"] if row["world"] == world)
    return whole


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"


def _span(row: Mapping[str, Any]) -> str:
    if row["least"] == row["most"]:
        return f"{row['innocent']:.0%}"
    return f"{row['innocent']:.0%} ({row['least']:.0%} to {row['most']:.0%})"
