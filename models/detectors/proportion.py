"""Is a larger part of what an officer or a team does of a certain kind than among peers?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from data.vocabulary import SubjectKind
from features.indicator import Indicator
from models.detector import Family
from models.nulls.series_nulls import SeriesNull, fit_all_proportions
from models.panel import Panel, Series
from models.series_detector import SeriesDetector


class Proportion(SeriesDetector):
    """Compares each share of a whole with the beta-binomial spread of the subject's peer group."""

    family: ClassVar[Family] = "peer"
    kinds: tuple[SubjectKind, ...] = ("officer", "unit")
    question = "Is a larger part of the whole of a certain kind than peers would lead one to expect?"
    assumption = (
        "peers of the same role, rank and area differ by beta-distributed shares, whose precision all groups share;"
        " in standards and culture the log-odds of officers lie around that by Student's t with eight degrees of"
        " freedom; given a peer's share, each of the whole is of the kind or not, independently; fewer than one in"
        " twenty peers is unusual; indicators are combined by Bonferroni, whatever their dependence"
    )
    references = ("Skellam (1948)", "Efron (2004)")

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator counts some of its exposure, and is made for no other detector."""
        return indicator.proportion and indicator.read_by is None

    def corrects_tail(self, panel: Panel) -> bool:
        """Correct of teams in culture: some postings call for cuts of tours far oftener than the null allows."""
        return panel.kind == "unit" and panel.concern == "culture"

    def lengthens_tail(self, panel: Panel) -> bool:
        """Lengthen where officers' conduct is read: in drawn forces shares have longer tails than a beta."""
        return panel.kind == "officer" and panel.concern in ("standards", "culture")

    def fit_nulls(self, panel: Panel, chosen: Sequence[Series]) -> Sequence[SeriesNull | None]:
        """Fit the beta-binomial null to the shares of each indicator."""
        return fit_all_proportions(panel, chosen)


DETECTOR = Proportion()
