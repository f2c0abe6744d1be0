"""How far each value lies above its peers': what pattern detectors look at instead of raw counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from data.arrays import Bools, Floats, Positions
from data.memo import recall
from models.panel import Panel, Series

MOST: Final = 10.0
"""Residuals are cut here: one wild value should not hide a pattern among the others."""


@dataclass(frozen=True)
class ResidualScale:
    """What is usual of each indicator and window in each peer group: the median, and a spread that outliers cannot set.

    `centre` and `spread` hold, by indicator and window, one number for each of the groups `names`; NaN where nobody of
    the group had a value.
    """

    names: tuple[str, ...]
    centre: Mapping[tuple[str, int], Floats]
    spread: Mapping[tuple[str, int], Floats]

    def select(self, keys: Iterable[tuple[str, int]]) -> ResidualScale:
        """Return the scale of some indicators and windows alone."""
        chosen = list(keys)
        return ResidualScale(
            self.names, {key: self.centre[key] for key in chosen}, {key: self.spread[key] for key in chosen}
        )

    def residuals(self, panel: Panel) -> Floats:
        """Return a matrix of subjects by series: how many spreads a rate lies above the peer group's median.

        A rate is the value per unit of exposure, or the value where the indicator needs none. Values below the median
        give 0: having less is not what is looked for. Values that cannot be used give 0, and so do those of groups
        without spread.
        """
        groups = panel.group_positions(self.names)
        columns = [self._column(series, groups) for series in panel.series if series.key in self.centre]
        return np.column_stack(columns) if columns else np.empty((len(panel.ids), 0))

    def _column(self, series: Series, groups: Positions) -> Floats:
        # The last entry stands for groups that were not there when the scale was fitted.
        centre, spread = (np.append(of[series.key], np.nan)[groups] for of in (self.centre, self.spread))
        rate, usable = _rates(series)
        usable = usable & (spread > 0)
        residual = np.zeros(len(groups))
        residual[usable] = np.clip((rate[usable] - centre[usable]) / spread[usable], 0.0, MOST)
        return residual


def fit_scale(panel: Panel) -> ResidualScale:
    """Return the scale of a panel's peer groups.

    The spread is 1.4826 times the median absolute deviation, or, where more than half of the peers are equal, the mean
    absolute deviation times 1.2533 (both equal the standard deviation for normal data).
    """
    members = [np.flatnonzero(panel.group_of == group) for group in range(len(panel.group_names))]
    centre, spread = {}, {}
    for series in panel.series:
        inputs = (series.cells.value, series.cells.exposure, series.cells.status, panel.group_of, len(members))
        scales = recall("scale", inputs, partial(_scales, series, members))
        centre[series.key], spread[series.key] = scales[:, 0], scales[:, 1]
    return ResidualScale(panel.group_names, centre, spread)


def _scales(series: Series, members: Sequence[Positions]) -> Floats:
    """Return the centre and spread of a series in each peer group, given by the positions of its members."""
    rate, usable = _rates(series)
    return np.array([_robust(rate[at[usable[at]]]) for at in members]).reshape(-1, 2)


def _rates(series: Series) -> tuple[Floats, Bools]:
    cells = series.cells
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = cells.value if np.isnan(cells.exposure).all() else cells.value / cells.exposure
    return rate, series.ok & np.isfinite(rate)


def _robust(rates: Floats) -> tuple[float, float]:
    if not len(rates):
        return np.nan, np.nan
    centre = _median(rates)
    away = np.abs(rates - centre)
    spread = 1.4826 * _median(away)
    return centre, spread if spread > 0.0 else 1.2533 * float(np.mean(away))


def _median(values: Floats) -> float:
    """Return the median of finite numbers: numpy's own, bit for bit, without what it spends on checks and on axes."""
    middle, even = len(values) // 2, len(values) % 2 == 0
    ordered = np.sort(values)
    return float((ordered[middle - 1] + ordered[middle]) / 2.0 if even else ordered[middle])
