"""Has something grown for an officer lately, compared with their own past?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np

from data.arrays import Floats
from data.vocabulary import Concern
from features.indicator import Indicator
from models.detector import Family
from models.nulls.series_nulls import SeriesNull, fit_all_proportions
from models.panel import Panel, Series
from models.series_detector import SeriesDetector

RECENT: Final = 90
"""The last so many days are compared with what came before them."""


class Change(SeriesDetector):
    """Compares the last months with the officer's own past; how much there was in all cancels out.

    Given how much there was over a longer window, how much of it falls into its last days is binomial about the share
    that opportunity and season lead one to expect. Season is what peers of the same role, rank and area show over the
    same days. Whoever changed posting within the longer window, or was in service for only a part of it, is not
    compared: their past lay in another place.
    """

    family: ClassVar[Family] = "change"
    separate: ClassVar[bool] = True
    concerns: tuple[Concern, ...] = ("welfare",)
    question = "Is there more of anything lately than the officer's own past and the season would lead one to expect?"
    assumption = (
        "without a concern an officer's level, given opportunity, moves with that of peers of the same role, rank and"
        " area over the same days, apart from a beta-distributed part of their own whose spread all share; what comes"
        " in spells (days away) is spread accordingly; fewer than one in twenty officers changes by more; indicators"
        " and windows are combined by Bonferroni"
    )
    references = ("Przyborowski and Wilenski (1940), Biometrika 31:313", "Skellam (1948)")

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator counts things or days, over the last days and over a longer window."""
        counts = indicator.aggregate in ("count", "distinct", "days")
        return counts and indicator.read_by is None and RECENT in indicator.windows and max(indicator.windows) > RECENT

    def corrects_tail(self, panel: Panel) -> bool:
        """Correct everywhere: days come in spells, and the null takes them for single ones."""
        return True

    def fit_nulls(self, panel: Panel, chosen: Sequence[Series]) -> Sequence[SeriesNull | None]:
        """Fit how the share of the last days spreads, for each longer window."""
        longer = [s for s in chosen if s.cells.window > RECENT and panel.find(s.indicator.name, RECENT) is not None]
        nulls = fit_all_proportions(panel, longer, draws=_recent_of_all, offset=_opportunity)
        by_key = {series.key: null for series, null in zip(longer, nulls, strict=True)}
        return [by_key.get(series.key) for series in chosen]


def _recent_of_all(panel: Panel, series: Series) -> tuple[Floats, Floats]:
    return _recent(panel, series).cells.value, series.cells.value


def _opportunity(panel: Panel, series: Series) -> Floats:
    """Return the log of the recent opportunity over the past one; NaN for those who cannot be compared."""
    recent, window = _recent(panel, series), series.cells.window
    now, whole = recent.cells.exposure, series.cells.exposure
    if np.isnan(whole).all():
        now, whole = np.full(len(panel.ids), float(RECENT)), np.full(len(panel.ids), float(window))
    comparable = recent.ok & ~series.partial
    if panel.days_posted is not None:
        comparable &= panel.days_posted >= window
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(now / (whole - now))
    return np.where(comparable & np.isfinite(odds), odds, np.nan)


def _recent(panel: Panel, series: Series) -> Series:
    recent = panel.find(series.indicator.name, RECENT)
    assert recent is not None
    return recent


DETECTOR = Change()
