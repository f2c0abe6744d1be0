"""From p-values to a selection: combining evidence, false discovery control, capacity, and ties at the cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Selection:
    """Who was selected and why: aligned arrays, and the p-value at the cut.

    `q_value` is NaN where there was not enough evidence (a p-value that is NaN). `tied` marks those selected only as
    members of the set that ties at a capacity cut. `threshold` is the largest p-value selected, 0 when nobody is.
    `insufficient` counts those about whom nothing could be said.
    """

    chosen: npt.NDArray[np.bool_]
    tied: npt.NDArray[np.bool_]
    q_value: Floats
    threshold: float
    insufficient: int


def combine(p_values: Floats) -> Floats:
    """Combine several p-values per subject into one that holds whatever their dependence: Bonferroni.

    Takes subjects in rows and sources of evidence in columns, NaN where a source says nothing. Returns the smallest
    p-value of each row times the number it was chosen from, at most 1; NaN where no source says anything. If each
    p-value is super-uniform, so is the result, by the union bound.

    Example:
        >>> combine(np.array([[0.01, 0.5], [np.nan, 0.2]])).tolist()
        [0.02, 0.2]
    """
    said = np.sum(~np.isnan(p_values), axis=1)
    smallest = np.min(np.where(np.isnan(p_values), np.inf, p_values), axis=1, initial=np.inf)
    return np.where(said > 0, np.minimum(1.0, smallest * np.maximum(said, 1)), np.nan)


def q_values(p_values: Floats) -> Floats:
    """Return Benjamini-Hochberg adjusted p-values; NaN stays NaN and does not count as a test.

    Source: Benjamini and Hochberg (1995), JRSS B 57:289. Rejecting q <= a keeps the false discovery rate at or under a
    for p-values that are independent or positively dependent.
    """
    adjusted = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    m = len(order)
    stepped = p_values[order] * m / np.arange(1, m + 1)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(stepped[::-1])[::-1])
    return adjusted


def select_by_fdr(p_values: Floats, *, q: float) -> Selection:
    """Select all whose Benjamini-Hochberg q-value is at most `q`."""
    adjusted = q_values(p_values)
    chosen = np.nan_to_num(adjusted, nan=np.inf) <= q
    return Selection(chosen, np.zeros_like(chosen), adjusted, _threshold(p_values, chosen), _missing(p_values))


def select_by_capacity(p_values: Floats, *, places: int) -> Selection:
    """Select the `places` smallest p-values; everybody who ties at the cut comes along, marked as tied.

    A p-value of 1 is no evidence and never selected.
    """
    adjusted = q_values(p_values)
    usable = np.where(np.isnan(p_values) | (p_values >= 1.0), np.inf, p_values)
    chosen, tied = np.zeros(len(usable), dtype=bool), np.zeros(len(usable), dtype=bool)
    if places > 0 and len(usable):
        cut = np.sort(usable)[min(places, len(usable)) - 1]
        chosen = (usable <= cut) & np.isfinite(usable)
        if chosen.sum() > places:
            tied = chosen & (usable == cut)
    return Selection(chosen, tied, adjusted, _threshold(p_values, chosen), _missing(p_values))


def _threshold(p_values: Floats, chosen: npt.NDArray[np.bool_]) -> float:
    return float(p_values[chosen].max()) if chosen.any() else 0.0


def _missing(p_values: Floats) -> int:
    return int(np.isnan(p_values).sum())
