"""Are members of a team named together in complaints more than being together explains?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from data.arrays import Floats
from data.vocabulary import Concern, SubjectKind
from features.indicator import Indicator
from models.detector import Family
from models.nulls.series_nulls import SeriesNull, SeriesPValues, fit_all_proportions, fit_all_rates
from models.panel import Panel, Series
from models.scores import Contribution
from models.series_detector import SeriesDetector

ALL: Final = "team_complaints"
"""Counts all complaint cases about members, shared or not."""


class CoNaming(SeriesDetector):
    """Compares complaints that name a colleague too with two opportunities: being together, and being complained of.

    A team is unusual only if both comparisons find it so: more than working side by side explains, and more of its
    complaints than for a team as often complained of. The larger of the two p-values is taken.
    """

    family: ClassVar[Family] = "unit"
    kinds: tuple[SubjectKind, ...] = ("unit",)
    concerns: tuple[Concern, ...] = ("culture",)
    needs = (ALL,)
    question = "Are members of a team named in complaints together with colleagues more than being together explains?"
    assumption = (
        "how often two colleagues at one incident are named together is gamma-distributed among teams of a role, and"
        " the share of complaints that name a colleague too is beta-distributed; a team without a concern may exceed"
        " one of the two, not both (the larger p-value of an intersection-union test holds whatever their dependence);"
        " one incident that many complain of is one cause"
    )
    references = ("Jain, Sinclair and Papachristos (2022), PLOS ONE", "Berger (1982), Technometrics 24:295")

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the indicator counts complaints that name a colleague too."""
        return indicator.read_by == "co_naming"

    def depends_on(self, indicator: Indicator) -> bool:
        """Say whether values of an indicator may change anything: all complaints of a team count as well."""
        return self.reads(indicator) or indicator.name == ALL

    def fit_nulls(self, panel: Panel, chosen: Sequence[Series]) -> Sequence[SeriesNull | None]:
        """Fit the rate per shared incident and the share of all complaints."""
        rates, shares = fit_all_rates(panel, chosen), fit_all_proportions(panel, chosen, draws=_of_all)
        pairs = zip(rates, shares, strict=True)
        return [None if rate is None or share is None else _Both(rate, share) for rate, share in pairs]


def _of_all(panel: Panel, series: Series) -> tuple[Floats, Floats]:
    every = panel.find(ALL, series.cells.window)
    if every is None:
        return series.cells.value, np.zeros(len(panel.ids))
    # A case about one member alone can tie two shared ones together: of all complaints the two are then one cause.
    return series.cells.value, np.fmax(series.cells.value, np.nan_to_num(every.cells.value))


@dataclass(frozen=True)
class _Both:
    rate: SeriesNull
    share: SeriesNull

    def test(self, panel: Panel, series: Series) -> SeriesPValues:
        """Test by both and take the larger p-value; NaN where one of the two is."""
        one, two = self.rate.test(panel, series), self.share.test(panel, series)
        p_value = np.where(np.isnan(one.p_value) | np.isnan(two.p_value), np.nan, np.fmax(one.p_value, two.p_value))
        return SeriesPValues(p_value, _explained(one.explain, two.explain))


def _explained(one: Callable[[int], Contribution], two: Callable[[int], Contribution]) -> Callable[[int], Contribution]:
    def explain(at: int) -> Contribution:
        return max(one(at), two(at), key=lambda c: c.p_value or 0.0)

    return explain


DETECTOR = CoNaming()
