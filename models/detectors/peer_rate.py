"""Does an officer or a team have more of something than peers with the same opportunity?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from data.vocabulary import SubjectKind
from features.indicator import Indicator
from models.detector import Family
from models.nulls.series_nulls import SeriesNull, fit_all_rates
from models.panel import Panel, Series
from models.series_detector import SeriesDetector


class PeerRate(SeriesDetector):
    """Compares each count, given its exposure, with the spread of rates in the subject's peer group."""

    family: ClassVar[Family] = "peer"
    separate: ClassVar[bool] = True
    kinds: tuple[SubjectKind, ...] = ("officer", "unit")
    question = "Is there more of anything than peers with the same exposure would lead one to expect?"
    assumption = (
        "peers of the same role, rank and area differ by gamma-distributed rates, whose shape all groups share; in"
        " standards and culture a few in a hundred have several times the rate for ordinary reasons; counts given"
        " exposure are Poisson; fewer than one in twenty peers is unusual; indicators are combined by Bonferroni,"
        " whatever their dependence"
    )
    references = ("Greenwood and Yule (1920)", "Clayton and Kaldor (1987)", "Efron (2004)")

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator is a count with an exposure that it is no part of."""
        counts = indicator.aggregate in ("count", "distinct")
        rate = counts and isinstance(indicator.exposure, str) and not indicator.proportion
        return rate and indicator.read_by is None

    def corrects_tail(self, panel: Panel) -> bool:
        """Correct of officers in culture: disputes leave grievances that nobody can tell to be one person's."""
        return panel.concern == "culture" and panel.kind == "officer"

    def lengthens_tail(self, panel: Panel) -> bool:
        """Lengthen where conduct is read: a few ordinary people are named many times as often as their peers."""
        return panel.concern in ("standards", "culture")

    def fit_nulls(self, panel: Panel, chosen: Sequence[Series]) -> Sequence[SeriesNull | None]:
        """Fit the gamma-Poisson null to the counts of each indicator."""
        return fit_all_rates(panel, chosen)


DETECTOR = PeerRate()
