"""What flags turned out to be on drawn forces, for the first page of every dossier: from the benchmark's results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.settings import load

PAGE: Final = "dossier/assets/kept.json"
RESULTS: Final = "benchmarks/results/drawn_flags_development.json"

PEOPLE: Final = 2000
"""How many people each of these forces has."""


def kept_figures(root: Path) -> str:
    """Return as JSON what was promised of flags on drawn forces and what was kept, under the settings of a run."""
    results = json.loads((root / RESULTS).read_text(encoding="utf-8"))
    content = {
        "forces": max(row["forces"] for row in results["false_discoveries"]),
        "people": PEOPLE,
        "rows": [*_with_patterns(results), *_with_nothing(results)],
        "innocent": {row["world"]: round(row["median"]) for row in results["innocent_people"]},
    }
    return json.dumps(content, indent=1) + "\n"


def _with_patterns(results: Mapping[str, Any]) -> Iterator[list[str]]:
    selection = load().selection
    for row in (row for row in results["false_discoveries"] if row["promise"] == "all"):
        rule = selection[row["concern"]]
        yield [
            "with patterns",
            row["concern"],
            f"{row['flags_a_force']:.1f}",
            f"{row['right']:.0%} ({row['low']:.0%} to {row['high']:.0%})",
            f"{row['false_discoveries']:.2f}",
            f"at most {rule.q:g}" if rule.method == "fdr" else "no rate: the highest, by capacity",
        ]


def _with_nothing(results: Mapping[str, Any]) -> Iterator[list[str]]:
    for row in (row for row in results["null_forces"] if row["promise"] == "all"):
        yield ["nothing planted", row["concern"], f"{row['flags_a_force']:.1f}", "none", "", ""]
