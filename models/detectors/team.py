"""Does more arise in a team than its members' work explains?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from data.vocabulary import Concern, SubjectKind
from features.indicator import Indicator
from models.detector import Family
from models.nulls.case_mix import CaseMix, case_mix_exposures, fit_case_mix, work
from models.nulls.series_nulls import SeriesNull, fit_all_rates
from models.panel import Panel, Series
from models.series_detector import SeriesDetector


class Team(SeriesDetector):
    """Compares what arises in a team with what the days and shared incidents of its members
    lead one to expect."""

    family: ClassVar[Family] = "unit"
    kinds: tuple[SubjectKind, ...] = ("unit",)
    concerns: tuple[Concern, ...] = ("culture",)
    question = "Does more arise in the team than its members' days and incidents would lead one to expect?"
    assumption = (
        "things arise with members' days and shared incidents, at rates that all teams have in common and a"
        " factor of the team's role; what is left differs among teams by a gamma distribution whose shape all share,"
        " and in a few in a hundred is several times as much; fewer than one in twenty teams is unusual; indicators are"
        " combined by Bonferroni"
    )
    references = ("Breslow and Day (1987), IARC 82", "Lange and Carson (1984)", "Clayton and Kaldor (1987)")

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator counts what arises in a team."""
        counts = indicator.aggregate in ("count", "distinct") and isinstance(indicator.exposure, str)
        return counts and not indicator.proportion and indicator.read_by is None

    def depends_on(self, indicator: Indicator) -> bool:
        """Say whether values of an indicator may change anything: all exposures together are a team's case mix."""
        return True

    def lengthens_tail(self, panel: Panel) -> bool:
        """Lengthen: grievances come in bursts, and one person who is often complained of makes an ordinary team stand
        out."""
        return True

    def fit_nulls(self, panel: Panel, chosen: Sequence[Series]) -> Sequence[SeriesNull | None]:
        """Fit the common rates, then the factors of roles and the spread of teams."""
        mixes = {series.key: mix for series in chosen if (mix := _case_mix(panel, series)) is not None}
        mixed = [series for series in chosen if series.key in mixes]
        nulls = fit_all_rates(panel, mixed, [mixes[series.key] for series in mixed])
        by_key = {series.key: null for series, null in zip(mixed, nulls, strict=True)}
        return [by_key.get(series.key) for series in chosen]


def _case_mix(panel: Panel, series: Series) -> CaseMix | None:
    exposures = case_mix_exposures(panel, series.cells.window)
    worked = work(panel, series.cells.window, exposures)
    usable = np.flatnonzero(series.ok & np.isfinite(worked).all(axis=1))
    if not len(usable) or not exposures:
        return None
    return fit_case_mix(series.cells.value[usable], worked[usable], exposures)


DETECTOR = Team()
