"""From p-values to a selection: combining evidence, false discovery control, capacity, and ties at the cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from data.arrays import Bools, Floats

Combination = Literal["bonferroni", "harmonic"]
COMBINATIONS: Final[tuple[Combination, ...]] = ("bonferroni", "harmonic")
"""How several p-values of one subject become one; see `combine`."""

Dependence = Literal["positive", "any"]
DEPENDENCES: Final[tuple[Dependence, ...]] = ("positive", "any")
"""How subjects' p-values may depend on one another for a guarantee to hold."""


@dataclass(frozen=True)
class Selection:
    """Who was selected and why: aligned arrays, and the p-value at the cut.

    `q_value` is NaN where there was not enough evidence (a p-value that is NaN). `tied` marks those selected only as
    members of the set that ties at a capacity cut. `threshold` is the largest p-value selected, 0 when nobody is.
    `insufficient` counts those about whom there was not enough evidence.
    """

    chosen: Bools
    tied: Bools
    q_value: Floats
    threshold: float
    insufficient: int


def combine(p_values: Floats, *, method: Combination = "bonferroni", weights: Sequence[float] | None = None) -> Floats:
    """Combine several p-values per subject into one.

    Takes subjects in rows and sources of evidence in columns, NaN where a source has no evidence; the row is then NaN
    only when no source has any. `weights`, one per source and positive, are shared out anew among the sources that have
    evidence about a subject, and must not depend on the p-values.

    `bonferroni` takes the smallest p-value divided by its share of the weight, at most 1. It is valid whatever the
    dependence, by the union bound, and of the methods that are, the one with the most power here (see
    `docs/explanation/calibration.md`). `harmonic` takes the weighted harmonic mean, which is valid for small p-values
    under most but not all kinds of dependence, and gains where several sources agree.

    Source: Wilson (2019), PNAS 116:1195, for the harmonic mean; Vovk and Wang (2020), Biometrika 107:791, for its
    limits.

    Example:
        >>> combine(np.array([[0.01, 0.5], [np.nan, 0.2]])).tolist()
        [0.02, 0.2]
    """
    present = ~np.isnan(p_values)
    weight = np.ones(p_values.shape[1]) if weights is None else np.asarray(weights, dtype=np.float64)
    share = np.where(present, weight, 0.0)
    total = np.sum(share, axis=1, keepdims=True)
    if method == "harmonic":
        with np.errstate(divide="ignore"):
            inverse = np.sum(np.where(present, share / np.where(present, p_values, 1.0), 0.0), axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            combined = total[:, 0] / inverse
    else:
        # Counted rather than divided into shares where all weigh the same: then nothing is rounded.
        factor = np.divide(total, weight, where=weight > 0, out=np.ones_like(p_values))
        combined = np.min(np.where(present, p_values * factor, np.inf), axis=1, initial=np.inf)
    return np.where(present.any(axis=1), np.minimum(1.0, combined), np.nan)


def decisive_sources(p_values: Floats, cut: float, *, method: Combination, weights: Sequence[float]) -> list[int]:
    """Return the sources that decide one subject's selection, the strongest first.

    Those whose p-value reaches the cut with all others at 1; where none does, the fewest that do together.
    """
    present = [int(at) for at in np.flatnonzero(~np.isnan(p_values))]
    ordered = sorted(present, key=lambda at: (p_values[at] / weights[at], at))

    def combined(sources: Sequence[int]) -> float:
        row = np.where(np.isnan(p_values), np.nan, 1.0)
        row[list(sources)] = p_values[list(sources)]
        return float(combine(row[np.newaxis, :], method=method, weights=weights)[0])

    sufficient = [at for at in ordered if combined([at]) <= cut]
    prefixes = (ordered[:n] for n in range(1, len(ordered) + 1))
    return sufficient or next((sources for sources in prefixes if combined(sources) <= cut), ordered)


def q_values(p_values: Floats, *, dependence: Dependence = "positive") -> Floats:
    """Return p-values adjusted for the false discovery rate; NaN stays NaN and does not count as a test.

    Selecting q <= a keeps the false discovery rate at or under a: for p-values that are independent or positively
    dependent by the procedure of Benjamini and Hochberg, for any dependence by that of Benjamini and Yekutieli, which
    multiplies by 1 + 1/2 + ... + 1/m.

    Source: Benjamini and Hochberg (1995), JRSS B 57:289; Benjamini and Yekutieli (2001), Annals of Statistics 29:1165.

    Example:
        >>> q_values(np.array([0.01, 0.5, np.nan, 0.02])).round(3).tolist()
        [0.03, 0.5, nan, 0.03]
    """
    # Not `scipy.stats.false_discovery_control`: it takes no NaN, and it rounds in another order, so that a q-value that
    # is exactly at the rate could come to lie above it.
    adjusted = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    m = len(order)
    stepped = p_values[order] * (m * penalty(m, dependence)) / np.arange(1, m + 1)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(stepped[::-1])[::-1])
    return adjusted


def penalty(tests: int, dependence: Dependence) -> float:
    """Return by how much p-values have to be smaller for a guarantee to hold under this dependence.

    Example:
        >>> penalty(3, "positive"), round(penalty(3, "any"), 3)
        (1.0, 1.833)
    """
    return float(np.sum(1.0 / np.arange(1, tests + 1))) if dependence == "any" and tests else 1.0


def select_by_fdr(p_values: Floats, *, q: float, dependence: Dependence = "positive") -> Selection:
    """Select all whose q-value is at most `q`.

    Example:
        >>> selection = select_by_fdr(np.array([0.01, 0.5, np.nan, 0.02]), q=0.1)
        >>> selection.chosen.tolist(), selection.threshold, selection.insufficient
        ([True, False, False, True], 0.02, 1)
    """
    adjusted = q_values(p_values, dependence=dependence)
    chosen = np.nan_to_num(adjusted, nan=np.inf) <= q
    return Selection(chosen, np.zeros_like(chosen), adjusted, _threshold(p_values, chosen), _missing(p_values))


def select_by_capacity(p_values: Floats, *, places: int, dependence: Dependence = "positive") -> Selection:
    """Select the `places` smallest p-values; everybody who ties at the cut comes along, marked as tied.

    A p-value of 1 is no evidence and never selected.

    Example:
        >>> selection = select_by_capacity(np.array([0.01, 0.2, 0.2, 0.9]), places=2)
        >>> selection.chosen.tolist(), selection.tied.tolist()
        ([True, True, True, False], [False, True, True, False])
    """
    adjusted = q_values(p_values, dependence=dependence)
    usable = np.where(np.isnan(p_values) | (p_values >= 1.0), np.inf, p_values)
    chosen, tied = np.zeros(len(usable), dtype=bool), np.zeros(len(usable), dtype=bool)
    if places > 0 and len(usable):
        cut = np.sort(usable)[min(places, len(usable)) - 1]
        chosen = (usable <= cut) & np.isfinite(usable)
        if chosen.sum() > places:
            tied = chosen & (usable == cut)
    return Selection(chosen, tied, adjusted, _threshold(p_values, chosen), _missing(p_values))


def _threshold(p_values: Floats, chosen: Bools) -> float:
    return float(p_values[chosen].max()) if chosen.any() else 0.0


def _missing(p_values: Floats) -> int:
    return int(np.isnan(p_values).sum())
