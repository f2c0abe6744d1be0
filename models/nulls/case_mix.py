"""What a team's members did and where they were: how much of anything one would expect of any team with that work.

Things arise with days served and with incidents gone to together, each at a rate of its own. The rates are
found by maximum likelihood, none below zero, with the multiplicative steps of expectation and maximisation.

Sources: Lange and Carson (1984), Journal of Computer Assisted Tomography 8:306, for the steps; indirect standardisation
as in Breslow and Day (1987), IARC 82, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from data.arrays import Floats
from models.panel import Panel, Series

_STEPS: Final = 400


@dataclass(frozen=True)
class CaseMix:
    """The rate at which something arises per unit of each exposure: `exposures` names them, `rates` gives the rates."""

    exposures: tuple[str, ...]
    rates: Floats

    def __call__(self, panel: Panel, series: Series) -> Floats:
        """Return what one would expect of each team from its members' work; NaN where a part of that is not known."""
        return np.asarray((work(panel, series.cells.window, self.exposures) * self.rates).sum(axis=1))


def work(panel: Panel, window: int, exposures: tuple[str, ...]) -> Floats:
    """Return a matrix of teams by exposures over a window; NaN where a source was silent."""
    series = [_series_with(panel, name, window) for name in exposures]
    return np.column_stack([np.full(len(panel.ids), np.nan) if s is None else s.cells.exposure for s in series])


def case_mix_exposures(panel: Panel, window: int) -> tuple[str, ...]:
    """Return what the counts of a panel are measured against over a window: all of it together is the case mix.

    The exposure of a proportion is a count itself, and explains nothing.
    """
    counts = [s.indicator for s in panel.series if s.cells.window == window and not s.indicator.proportion]
    return tuple(sorted({i.exposure for i in counts if isinstance(i.exposure, str)}))


def _series_with(panel: Panel, exposure: str, window: int) -> Series | None:
    """Return some series of that window that is measured against an exposure."""
    measured = (s for s in panel.series if s.indicator.exposure == exposure and s.cells.window == window)
    return next(measured, None)


def fit_case_mix(counts: Floats, worked: Floats, exposures: tuple[str, ...]) -> CaseMix:
    """Fit rates to whole counts and the matrix of what was worked; exposures that nobody had get the rate 0."""
    total = worked.sum(axis=0)
    available = total > 0
    rates = np.where(available, counts.sum() / np.maximum(total, 1.0) / max(int(available.sum()), 1), 0.0)
    # Expectation and maximisation: each team's count is shared out among its exposures in proportion to what each
    # leads one to expect, and each rate becomes its share of counts over its total. Rates stay at or above 0.
    for _ in range(_STEPS):
        ratio = counts / np.maximum((worked * rates).sum(axis=1), 1e-300)
        rates = np.where(available, rates * (worked * ratio[:, None]).sum(axis=0) / np.maximum(total, 1.0), 0.0)
    return CaseMix(exposures, rates)
