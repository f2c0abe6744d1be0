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
    unperturbed = (counts["scenario"] == TWIN) & counts["by"].isin(GROUPED_BY) & (counts["how"] != EITHER)
    rates: list[dict[str, Any]] = []
    for key, rows in counts[unperturbed].groupby(list(WHERE), sort=True, observed=True):
        place = dict(zip(WHERE, key, strict=True))
        rates += _of_breakdown(rows, place, REFERENCE.get(str(place["by"])))
    return rates


def _of_breakdown(rows: pd.DataFrame, place: dict[str, Any], usual_reference: str | None) -> list[dict[str, Any]]:
    groups = [(str(name), group) for name, group in rows.groupby("group", sort=True, observed=True)]
    groups = [(name, group) for name, group in groups if group["negatives"].sum() > 0]
    if not groups:
        return []
    largest = max(groups, key=lambda g: (g[1]["negatives"].sum(), g[0]))[0]
    reference = usual_reference if usual_reference in dict(groups) else largest
    false_flags, n = (np.array([float(group[c].sum()) for _, group in groups]) for c in ("wrong", "negatives"))
    pairs = ((group["wrong"].to_numpy(np.float64), group["negatives"].to_numpy(np.float64)) for _, group in groups)
    # Where nobody was counted, or the worlds do not vary, as many as there are.
    size = np.array([independent(counts, sizes) or float(sizes.sum()) for counts, sizes in pairs])
    rate = false_flags / n
    low, high = proportion(rate * size, size)
    at = [name for name, _ in groups].index(reference)
    reference_count = np.full(len(groups), rate[at] * size[at])
    ratio_low, ratio_high = ratio(rate * size, size, reference_count, np.full(len(groups), size[at]))
    group_rows = []
    for i, (name, group) in enumerate(groups):
        comparison = None if i == at else reference
        group_rows.append(
            {
                **place,
                "group": name,
                "worlds": int(group["seed"].nunique()),
                "wrong": float(false_flags[i]),
                "negatives": float(n[i]),
                "false_positive_rate": float(rate[i]),
                "low": float(low[i]),
                "high": float(high[i]),
                "reference": comparison,
                "ratio": _plain(rate[i] / rate[at]) if comparison and rate[at] > 0 else None,
                "ratio_low": _plain(ratio_low[i]) if comparison else None,
                "ratio_high": _plain(ratio_high[i]) if comparison else None,
            }
        )
    return group_rows


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
