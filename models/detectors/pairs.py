"""Does an officer look the same people up again and again, without naming any work?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from data.vocabulary import Concern
from features.indicator import Indicator
from models.detector import Family
from models.nulls.series_nulls import SeriesNull, fit_all_proportions
from models.panel import Panel, Series
from models.series_detector import SeriesDetector


class Pairs(SeriesDetector):
    """Compares how much of what an officer does goes to the same few people with the spread of peers.

    It only ranks: in drawn forces with nothing planted it flagged some 30 innocent people a force at q = 0.1. To look
    the same people up is their work, and no null fitted to the middle of a force knows of them.
    """

    family: ClassVar[Family] = "peer"
    concerns: tuple[Concern, ...] = ("standards",)
    ranks_only = True
    question = "Does more of what the officer does go to the same people again than peers would lead one to expect?"
    assumption = (
        "the log-odds of the next look-up going to somebody looked up before lie around those of peers of the same"
        " role, rank and area by Student's t with eight degrees of freedom; given that, look-ups repeat independently;"
        " nobody repeats for a good reason that the records do not name; fewer than one in twenty peers is unusual"
    )
    references = ("Skellam (1948)",)

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator counts repetitions towards the same person."""
        return indicator.read_by == "pairs"

    def lengthens_tail(self, panel: Panel) -> bool:
        """Lengthen: some people's work is to look the same people up."""
        return True

    def fit_nulls(self, panel: Panel, chosen: Sequence[Series]) -> Sequence[SeriesNull | None]:
        """Fit the spread of the share that repeats."""
        return fit_all_proportions(panel, chosen)


DETECTOR = Pairs()
