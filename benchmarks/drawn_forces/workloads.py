"""How much of the same work is right: the strongest few by all detectors together, and by each baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from benchmarks.drawn_forces.over_forces import Force, interval_of_ratio, mean_over_forces, table_of
from data.random import generator
from stress.ranking import COMBINED

GROUP = ["subject_kind", "concern", "workload"]
TIMES_BETTER = 2.0
"""How many times as precise as the best baseline a ranking is meant to be."""


def equal_workload(drawn: list[Force]) -> Iterator[dict[str, Any]]:
    """Yield the share that is right among the first few, with its standard error over forces."""
    for key, part in _precision(drawn).groupby([*GROUP, "by"], sort=True) if drawn else ():
        mean, error = mean_over_forces(part["precision"].tolist())
        yield {**dict(zip([*GROUP, "by"], key, strict=True)), "precision": mean, "standard_error": error}


def next_to_baselines(drawn: list[Force]) -> Iterator[dict[str, Any]]:
    """Yield, for each concern and workload, the precision of all detectors over that of the best baseline.

    The best baseline is the one with the highest mean over the same forces, which favours it. The interval is of the
    ratio of means, over forces drawn again.
    """
    for key, part in _precision(drawn).groupby(GROUP, sort=True) if drawn else ():
        by_force = part.pivot_table(index="force", columns="by", values="precision")
        means = by_force.drop(columns=COMBINED).mean()
        best = str(means.idxmax())
        low, high = interval_of_ratio(
            by_force[COMBINED].tolist(), by_force[best].tolist(), draws=generator(1, "workload", *map(str, key))
        )
        own = float(by_force[COMBINED].mean())
        ratio = own / float(means[best]) if means[best] else float("nan")
        yield {
            **dict(zip(GROUP, key, strict=True)),
            "forces": len(by_force),
            "precision": own,
            "best_baseline": best,
            "of_the_best": float(means[best]),
            "times": ratio,
            "low": low,
            "high": high,
            "at_least_twice": "reached" if ratio >= TIMES_BETTER else "not reached",
        }


def _precision(drawn: list[Force]) -> pd.DataFrame:
    table = table_of(drawn, "workloads")
    return table.assign(precision=table["right"] / table["looked_at"])
