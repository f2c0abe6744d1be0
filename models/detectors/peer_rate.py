"""Does an officer or a team have more of something than peers with the same opportunity?"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from features.base import Indicator, Subject
from models.base import Contribution, Detector, Family, Floats, Panel, Scores, Series
from models.null import GammaPoisson, fit
from models.selection import combine


class PeerRate(Detector):
    """Compares each count, given its exposure, with the gamma-Poisson spread of the subject's peer group."""

    family: ClassVar[Family] = "peer"
    kinds: ClassVar[tuple[Subject, ...]] = ("officer", "unit")
    question = "Is there more of anything than peers with the same exposure would lead one to expect?"
    assumption = (
        "peers of the same role, rank and area differ by gamma-distributed rates, counts given exposure are"
        " Poisson, and fewer than one in twenty peers is unusual; indicators are combined by Bonferroni, whatever their"
        " dependence"
    )
    references = ("Greenwood and Yule (1920)", "Efron (2004)")

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator is a count with an exposure."""
        return indicator.aggregate in ("count", "distinct") and isinstance(indicator.exposure, str)

    def score(self, panel: Panel, *, seed: int) -> Scores:
        """Score by the smallest combined tail chance, in powers of ten."""
        readable = [s for s in panel.series if self.reads(s.indicator)]
        p_values = np.full((len(panel.ids), len(readable)), np.nan)
        found: list[list[Contribution]] = [[] for _ in panel.ids]
        for column, series in enumerate(readable):
            for positions in panel.members().values():
                self._compare(series, positions, p_values[:, column], found)
        combined = combine(p_values)
        with np.errstate(divide="ignore"):
            score = np.where(np.isnan(combined), 0.0, -np.log10(combined))
        ranked = tuple(tuple(sorted(c, key=_strength)) for c in found)
        return Scores(score=score, p_value=combined, contributions=ranked, assumption=self.assumption)

    def _compare(
        self, series: Series, positions: np.ndarray, p_values: Floats, found: list[list[Contribution]]
    ) -> None:
        usable = positions[series.ok[positions]]
        counts, exposure = series.cells.value[usable], series.cells.exposure[usable]
        null = fit(counts, exposure)
        if null is None:
            return
        p_values[usable] = null.upper_tail(counts, exposure)
        low, high = null.interval(exposure)
        for at, position in enumerate(usable.tolist()):
            found[position].append(_contribution(series, null, position, (low[at], high[at]), p_values[position]))


def _contribution(
    series: Series, null: GammaPoisson, position: int, bounds: tuple[float, float], p_value: float
) -> Contribution:
    exposure = float(series.cells.exposure[position])
    return Contribution(
        indicator=series.indicator.name,
        window_days=series.cells.window,
        observed=float(series.cells.value[position]),
        exposure=exposure,
        expected=null.rate * exposure,
        low=float(bounds[0]),
        high=float(bounds[1]),
        p_value=float(p_value),
        peers=null.peers,
        rate=null.rate,
        shape=null.shape,
    )


def _strength(contribution: Contribution) -> tuple[float, str, int]:
    return (contribution.p_value or 0.0, contribution.indicator, contribution.window_days)


DETECTOR = PeerRate()
