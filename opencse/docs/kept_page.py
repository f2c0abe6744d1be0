"""The page on what flags kept of their promises over drawn forces: the benchmark's results as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from data.synthetic.planted_patterns import archetypes
from opencse.docs.kept_figures import measured, results_of
from opencse.docs.markdown import code, render, spaced, table
from pipeline.settings import load

PAGE: Final = "docs/reference/kept.md"

MOST_TIMES: Final = 3.0
"""How many times as often as all innocent people those of an archetype may be flagged before they are listed."""

_Rows = Sequence[Mapping[str, Any]]


def kept_page(root: Path) -> str:
    """Return the page in Markdown."""
    results = results_of(root)
    head = ["concern", "flags by", "family"]
    nothing = [*head, "forces with a flag", "standard error", "q", "verdict", "flags a force"]
    planted = [*head, "flags a force", "right", "false discovery proportion", "q", "verdict", "forces over 2q"]
    baselines = ["of", "concern", "looked at", "right", "best baseline", "right by it", "times", "95% interval"]
    rows = _baselines(results.get("next_to_baselines", ()))
    return render(
        "kept.md.jinja",
        measured=measured(results),
        generators=results.get("generators", []),
        nothing=table(nothing, _nothing(results["null_forces"]), right=nothing[3:]),
        planted=table(planted, _planted(results["false_discoveries"]), right=planted[3:]),
        innocent=results["innocent_people"],
        baselines=table(baselines, rows, right=baselines[5:]) if rows else "Not measured.",
        power=table(["pattern", "concern", "times ordinary", "subjects", "flagged"], _power(results["power"])),
        above=[(row, archetypes()[row["archetype"]].told_by) for row in above_limit(results["archetypes"])],
        most=MOST_TIMES,
    )


def _share(row: Mapping[str, Any], name: str) -> str:
    if row[name] is None:
        return ""
    return f"{row[name]:.1%} ({row['low']:.1%} to {row['high']:.1%})"


def _head(row: Mapping[str, Any]) -> list[str]:
    return [row["concern"], row["promise"], row.get("family", "all")]


def _nothing(rows: _Rows) -> Iterator[list[str]]:
    for row in rows:
        q, error = row.get("q"), row.get("standard_error")
        yield [
            *_head(row),
            _share(row, "any_flag"),
            "" if error is None else f"{error:.1%}",
            "none" if q is None else f"{q:g}",
            row.get("verdict", ""),
            f"{row['flags_a_force']:.2f}",
        ]


def _planted(rows: _Rows) -> Iterator[list[str]]:
    for row in rows:
        # What was measured before verdicts were given has a rate even where the highest so many were taken.
        q = row["q"] if "verdict" in row else load().levels.get(row["concern"])
        over = None if q is None else row["above_twice_q"]
        yield [
            *_head(row),
            f"{row['flags_a_force']:.2f}",
            _share(row, "right"),
            f"{row['false_discoveries']:.3f} (standard error {row['standard_error'] or 0:.3f})",
            "none" if q is None else f"{q:g}",
            row.get("verdict", ""),
            "" if over is None else f"{over:.1%}",
        ]


def _baselines(rows: _Rows) -> list[list[str]]:
    lines = []
    for row in rows:
        times, low, high = (row[name] for name in ("times", "low", "high"))
        line = [
            "teams" if row["subject_kind"] == "unit" else "people",
            row["concern"],
            f"{row['workload']:.1%}",
            f"{row['precision']:.1%}",
            code(row["best_baseline"]),
            f"{row['of_the_best']:.1%}",
            "" if times is None else f"{times:.2f}",
            "" if low is None else f"{low:.2f} to {'any' if high is None else f'{high:.2f}'}",
        ]
        lines.append(line)
    return lines


def _power(rows: _Rows) -> Iterator[list[str]]:
    for row in rows:
        yield [
            spaced(row["typology"]),
            row["concern"],
            row["intensity"],
            f"{row['subjects']:,}",
            _share(row, "flagged"),
        ]


def above_limit(rows: _Rows) -> list[Mapping[str, Any]]:
    """Return the archetypes whose innocent people are flagged too many times as often as all innocent people.

    Example:
        >>> rows = [{"archetype": "carer", "times_overall": 0.4}, {"archetype": "badge_failure", "times_overall": 3.2}]
        >>> [row["archetype"] for row in above_limit(rows)]
        ['badge_failure']
    """
    return [row for row in rows if row["archetype"] != "all" and (row["times_overall"] or 0.0) > MOST_TIMES]
