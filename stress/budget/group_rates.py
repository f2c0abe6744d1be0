"""On whom false flags fall where nothing is wrong with the records: rates and ratios by group, over all worlds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from audit.rates.groups import REFERENCE
from audit.rates.intervals import independent, proportion, ratio
from stress.budget.world_counts import EITHER, GROUPED_BY
from stress.effects import PLACE
from stress.plan import TWIN

WHERE: Final = (*PLACE, "subject_kind", "concern", "how", "by")


def group_rates(counts: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the false-positive rate of every group in unperturbed worlds, and its ratio to the group's reference.

    Worlds are pooled: `wrong` of `negatives`. Intervals, 95%, are those of independent people, as many as would vary
    from world to world as much as was seen (Korn and Graubard 1998). A ratio is None where nobody in the reference is
    flagged wrongly; so is a bound that nothing limits.
    """
    chosen = (counts["scenario"] == TWIN) & counts["by"].isin(GROUPED_BY) & (counts["how"] != EITHER)
    told: list[dict[str, Any]] = []
    for key, rows in counts[chosen].groupby(list(WHERE), sort=True, observed=True):
        named = dict(zip(WHERE, key, strict=True))
        told += _of_breakdown(rows, named, REFERENCE.get(str(named["by"])))
    return told


def _of_breakdown(rows: pd.DataFrame, named: dict[str, Any], wanted: str | None) -> list[dict[str, Any]]:
    groups = [(str(name), some) for name, some in rows.groupby("group", sort=True, observed=True)]
    groups = [(name, some) for name, some in groups if some["negatives"].sum() > 0]
    if not groups:
        return []
    largest = max(groups, key=lambda g: (g[1]["negatives"].sum(), g[0]))[0]
    reference = wanted if wanted in dict(groups) else largest
    wrong, n = (np.array([float(some[c].sum()) for _, some in groups]) for c in ("wrong", "negatives"))
    counted = ((some["wrong"].to_numpy(np.float64), some["negatives"].to_numpy(np.float64)) for _, some in groups)
    # Where nobody was counted, or the worlds do not vary, as many as there are.
    size = np.array([independent(counts, sizes) or float(sizes.sum()) for counts, sizes in counted])
    rate = wrong / n
    low, high = proportion(rate * size, size)
    at = [name for name, _ in groups].index(reference)
    other = np.full(len(groups), rate[at] * size[at])
    ratio_low, ratio_high = ratio(rate * size, size, other, np.full(len(groups), size[at]))
    found = []
    for i, (name, some) in enumerate(groups):
        compared = None if i == at else reference
        found.append(
            {
                **named,
                "group": name,
                "worlds": int(some["seed"].nunique()),
                "wrong": float(wrong[i]),
                "negatives": float(n[i]),
                "false_positive_rate": float(rate[i]),
                "low": float(low[i]),
                "high": float(high[i]),
                "reference": compared,
                "ratio": _plain(rate[i] / rate[at]) if compared and rate[at] > 0 else None,
                "ratio_low": _plain(ratio_low[i]) if compared else None,
                "ratio_high": _plain(ratio_high[i]) if compared else None,
            }
        )
    return found


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
