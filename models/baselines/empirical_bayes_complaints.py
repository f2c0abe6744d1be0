"""Who has the highest rate of complaints, once chance is allowed for?"""

from __future__ import annotations

import numpy as np

from data.arrays import Floats
from data.vocabulary import Concern
from features.indicator import Indicator
from models.baseline import Baseline, Ranking
from models.panel import Panel

_WINDOW = 365


class EmpiricalBayesRate(Baseline):
    """Ranks by the rate of complaints drawn towards everybody's: little exposure draws it further."""

    concerns: tuple[Concern, ...] = ("standards",)
    question = "Who has the highest rate of complaints, once chance is allowed for?"
    references = (
        "Rozema and Schanzenbach (2019), American Economic Journal: Economic Policy 11:225",
        "Marshall (1991), JRSS C 40:283: the moment estimator",
    )

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator is that of complaints."""
        return indicator.name == "complaints"

    def ranking(self, panel: Panel, *, seed: int) -> Ranking:
        """Return the ranking by posterior mean under the gamma prior of the panel's mean and spread of rates."""
        count, exposure = _counted(panel)
        observed = exposure > 0
        if not count[observed].sum() > 0:
            return lambda other: np.zeros(len(other.ids))
        mean = count[observed].sum() / exposure[observed].sum()
        rates = count[observed] / exposure[observed]
        variance = np.sum(exposure[observed] * (rates - mean) ** 2) / exposure[observed].sum()
        between = max(variance - mean / np.mean(exposure[observed]), 1e-6 * mean**2)
        shape, scale = mean**2 / between, mean / between
        return lambda other: _posterior(other, float(shape), float(scale))


def _counted(panel: Panel) -> tuple[Floats, Floats]:
    series = panel.find("complaints", _WINDOW)
    if series is None:
        return np.zeros(len(panel.ids)), np.zeros(len(panel.ids))
    rows = np.where(np.isnan(series.cells.value), 0.0, series.cells.n_rows)
    return rows, np.nan_to_num(series.cells.exposure, nan=0.0)


def _posterior(panel: Panel, shape: float, scale: float) -> Floats:
    count, exposure = _counted(panel)
    return np.asarray((shape + count) / (scale + exposure))


BASELINE = EmpiricalBayesRate()
