"""What flags turned out to be on drawn forces: figures for every dossier, and what a run may say of its rates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pipeline.settings import load

PAGE: Final = "dossier/assets/kept.json"
RATES: Final = "pipeline/kept_rates.json"
RESULTS: Final = "benchmarks/results/drawn_flags_development.json"
EVALUATION: Final = "benchmarks/results/drawn_flags_evaluation.json"
"""What was measured on seeds that nothing was chosen on; it stands in place of the other as soon as it is there."""

PEOPLE: Final = 2000
"""How many people each force of results has that do not say it."""


def results_of(root: Path) -> Mapping[str, Any]:
    """Return what was measured: on evaluation seeds, or on development seeds where the others were not measured yet."""
    path = root / EVALUATION
    results: Mapping[str, Any] = json.loads((path if path.exists() else root / RESULTS).read_text(encoding="utf-8"))
    return results


def kept_figures(root: Path) -> str:
    """Return as JSON what was promised of flags on drawn forces and what was kept, under the settings of a run."""
    results = results_of(root)
    content = {
        **measured(results),
        "rows": [*_with_patterns(results), *_with_nothing(results)],
        "innocent": {
            row["world"]: round(row["median"])
            for row in results["innocent_people"]
            if row.get("flagged_by", "anything") == "anything"
        },
    }
    return json.dumps(content, indent=1) + "\n"


def measured(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many forces were measured, of which seeds and when."""
    return {
        "split": results["split"],
        "forces": max(row["forces"] for row in results["false_discoveries"]),
        "people": next(iter(results.get("people", [PEOPLE]))),
        "seeds": seeds_in_words(results["seeds"]),
        "measured_on": results.get("measured_on", []),
    }


def seeds_in_words(seeds: Sequence[int]) -> str:
    """Return ascending seeds as a reader wants them: runs by their ends.

    Example:
        >>> seeds_in_words([7, 8, 9, 12, 20, 21])
        '7 to 9, 12, 20 to 21'
    """
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def kept_rates(root: Path) -> str:
    """Return as JSON, for each concern that is selected by rate, what comparison at that rate came to."""
    results = results_of(root)
    with_patterns, nothing = (by_comparison(results[name]) for name in ("false_discoveries", "null_forces"))
    rates = {}
    for concern, row in with_patterns.items():
        if row.get("verdict") is not None and row["q"] is not None:
            null = nothing[concern]
            rates[concern] = {
                "q": row["q"],
                "false_discoveries": row["false_discoveries"],
                "standard_error": row["standard_error"],
                "null_share": null["any_flag"],
                "kept": row["verdict"] == null["verdict"] == "kept",
            }
    return json.dumps({**measured(results), "rates": rates}, indent=1) + "\n"


def by_comparison(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the row of each concern's flags by comparison."""
    return {r["concern"]: r for r in rows if r["promise"] == "comparison" and r.get("family", "all") == "all"}


def _with_patterns(results: Mapping[str, Any]) -> Iterator[list[str]]:
    selection = load().selection
    for row in (row for row in results["false_discoveries"] if row["promise"] == "all"):
        rule = selection[row["concern"]]
        right = "none" if row["right"] is None else f"{row['right']:.0%} ({row['low']:.0%} to {row['high']:.0%})"
        yield [
            "with patterns",
            row["concern"],
            f"{row['flags_a_force']:.1f}",
            right,
            f"{row['false_discoveries']:.2f}",
            f"at most {rule.q:g}" if rule.method == "fdr" else "no rate: the highest, by capacity",
        ]


def _with_nothing(results: Mapping[str, Any]) -> Iterator[list[str]]:
    for row in (row for row in results["null_forces"] if row["promise"] == "all"):
        yield ["nothing planted", row["concern"], f"{row['flags_a_force']:.1f}", "none", "", ""]
