"""Does an officer use harder force than the colleagues who were there?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from features.indicator import Indicator
from models.detector import Family
from models.nulls.series_nulls import SeriesNull, fit_all_proportions
from models.panel import Panel, Series
from models.series_detector import SeriesDetector


class Scene(SeriesDetector):
    """Compares an officer with colleagues at the same incidents, so that place, hour and who was met cancel out."""

    family: ClassVar[Family] = "scene"
    separate: ClassVar[bool] = True
    question = "Does the officer come out harder than half of the time against colleagues at the same incidents?"
    assumption = (
        "which of two officers at one incident used the harder force is exchangeable between them, whatever the"
        " incident, so that half of the pairs that differ go either way; where officers of one role, rank and area"
        " (such as those called in to use force) go beyond half together, their own mean is taken; pairs of one officer"
        " go together as far as a beta-binomial spread common to all can tell; fewer than one in twenty is unusual"
    )
    references = ("Ridgeway (2026)", "Skellam (1948)")

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator counts pairs of reports at one scene."""
        return indicator.read_by == "scene"

    def fit_nulls(self, panel: Panel, chosen: Sequence[Series]) -> Sequence[SeriesNull | None]:
        """Fit the spread of officers about one half."""
        return fit_all_proportions(panel, chosen, least=0.5)


DETECTOR = Scene()
