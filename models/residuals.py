"""How far each value lies above its peers': what pattern detectors look at instead of raw counts."""

from __future__ import annotations

import numpy as np

from models.base import Floats, Panel, Series

MOST = 10.0
"""Residuals are cut here: one wild value should not hide a pattern among the others."""


def peer_residuals(panel: Panel) -> Floats:
    """Return a matrix of subjects by series: how many robust spreads a rate lies above the peer group's median.

    A rate is the value per unit of exposure, or the value where the indicator needs none. The spread is 1.4826 times
    the median absolute deviation, or, where more than half of the peers are equal, the mean absolute deviation times
    1.2533 (both equal the standard deviation for normal data). Values below the median give 0: having less is not what
    is looked for. Values that cannot be used give 0.
    """
    columns = [_column(series, panel) for series in panel.series]
    return np.column_stack(columns) if columns else np.empty((len(panel.ids), 0))


def _column(series: Series, panel: Panel) -> Floats:
    residual = np.zeros(len(panel.ids))
    cells = series.cells
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = cells.value if np.isnan(cells.exposure).all() else cells.value / cells.exposure
    usable = series.ok & np.isfinite(rate)
    for positions in panel.members().values():
        chosen = positions[usable[positions]]
        if len(chosen):
            residual[chosen] = _robust(rate[chosen])
    return residual


def _robust(rates: Floats) -> Floats:
    above = rates - np.median(rates)
    spread = 1.4826 * float(np.median(np.abs(above)))
    if spread == 0.0:
        spread = 1.2533 * float(np.mean(np.abs(above)))
    if spread == 0.0:
        return np.zeros_like(rates)
    return np.clip(above / spread, 0.0, MOST)
