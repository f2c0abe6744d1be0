"""Does an officer or a team have more of something than peers with the same opportunity?"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from features.base import Indicator, Subject
from models.base import Contribution, Detector, Family, Floats, Panel, Scores, Series
from models.null import FEWEST_PEERS, Positions, fit, interval, upper_tail
from models.selection import combine


class PeerRate(Detector):
    """Compares each count, given its exposure, with the gamma-Poisson spread of the subject's peer group."""

    family: ClassVar[Family] = "peer"
    kinds: ClassVar[tuple[Subject, ...]] = ("officer", "unit")
    question = "Is there more of anything than peers with the same exposure would lead one to expect?"
    assumption = (
        "peers of the same role, rank and area differ by gamma-distributed rates, whose shape all groups share; counts"
        " given exposure are Poisson; fewer than one in twenty peers is unusual; indicators are"
        " combined by Bonferroni, whatever their dependence"
    )
    references = ("Greenwood and Yule (1920)", "Clayton and Kaldor (1987)", "Efron (2004)")

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator is a count with an exposure."""
        return indicator.aggregate in ("count", "distinct") and isinstance(indicator.exposure, str)

    def score(self, panel: Panel, *, seed: int) -> Scores:
        """Score by the smallest combined tail chance, in powers of ten."""
        readable = [s for s in panel.series if self.reads(s.indicator)]
        p_values = np.full((len(panel.ids), len(readable)), np.nan)
        found: list[list[Contribution]] = [[] for _ in panel.ids]
        groups = np.unique(np.array(panel.peers.labels), return_inverse=True)[1]
        for column, series in enumerate(readable):
            _compare(series, groups, p_values[:, column], found)
        combined = combine(p_values)
        with np.errstate(divide="ignore"):
            score = np.where(np.isnan(combined), 0.0, -np.log10(combined))
        ranked = tuple(tuple(sorted(c, key=_strength)) for c in found)
        return Scores(score=score, p_value=combined, contributions=ranked, assumption=self.assumption)


def _compare(series: Series, groups: Positions, p_values: Floats, found: list[list[Contribution]]) -> None:
    """Compare one series with its null, writing each subject's tail chance and contribution."""
    usable = np.flatnonzero(series.ok)
    null = fit(series.cells.value[usable], series.cells.exposure[usable], groups[usable])
    if null is None:
        return
    told = usable[null.sizes[groups[usable]] >= FEWEST_PEERS]
    counts, exposure = series.cells.value[told], series.cells.exposure[told]
    expected = null.expected(exposure, groups[told])
    p_values[told] = upper_tail(counts, expected, null.shape)
    low, high = interval(expected, null.shape)
    for at, position in enumerate(told.tolist()):
        found[position].append(
            Contribution(
                indicator=series.indicator.name,
                window_days=series.cells.window,
                observed=float(counts[at]),
                exposure=float(exposure[at]),
                expected=float(expected[at]),
                low=float(low[at]),
                high=float(high[at]),
                p_value=float(p_values[position]),
                peers=int(null.sizes[groups[position]]),
                shape=null.shape,
            )
        )


def _strength(contribution: Contribution) -> tuple[float, str, int]:
    return (contribution.p_value or 0.0, contribution.indicator, contribution.window_days)


DETECTOR = PeerRate()
