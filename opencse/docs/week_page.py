"""The page on a published week, replayed over drawn forces: the benchmark's results, and figures with their sources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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
    return render(
        "week.md.jinja",
        results=results,
        listed=LISTED,
        floors=table(
            ["of concern, of 1,000", "because", *(f"if {s:.0%} of them are listed" for s in SENSITIVITIES)],
            _floors(results["force"]),
            right=[f"if {s:.0%} of them are listed" for s in SENSITIVITIES],
        ),
        planted=_kinds(results, "drawn"),
        nothing=_kinds(results, "drawn-null"),
        whole={row["world"]: row for row in results["whole_list"]},
    )


def _floors(force: int) -> Iterator[list[str]]:
    for share, because in PREVALENCES:
        least = [max(0, LISTED - round(share * force * sensitivity)) for sensitivity in SENSITIVITIES]
        yield [f"{1000 * share:.1f}", because, *(f"{number:,} ({number / LISTED:.0%})" for number in least)]


def _kinds(results: Mapping[str, Any], world: str) -> str:
    rows = [
        [
            row["kind"],
            f"{row['published']:,}",
            ", ".join(map(code, row["by"])),
            row["places"],
            f"{row['innocent']:.0%} ({row['least']:.0%} to {row['most']:.0%})",
            f"{row['spoken_about_innocent_of_force']:,}",
        ]
        for row in results["kinds"]
        if row["world"] == world
    ]
    columns = [
        "kind",
        "published",
        "evidence here",
        "places",
        "innocent of those listed",
        "innocent with any evidence",
    ]
    return table(columns, rows, right=["published", "places", columns[-1]])
