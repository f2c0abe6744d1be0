"""Detectors that look at one indicator after the other, each against a null of its own, and combine the p-values."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from features.indicator import Indicator
from models.detector import Detector
from models.nulls.long_tails import lengthen_tails
from models.nulls.parameters import FittedNull
from models.nulls.series_nulls import SeriesNull, correct_tails
from models.nulls.settled import is_settled
from models.panel import Panel, Series
from models.scores import ContributionList, Contributions, Scores
from models.selection.fdr import combine


class SeriesDetector(Detector):
    """A detector that fits a null to each series it reads; a subject's p-value is the smallest, by Bonferroni.

    With `separate` each null follows from the series of its own indicator and from who the peers are, and from nothing
    else.
    """

    monotone = True
    separate: ClassVar[bool] = False

    def depends_on(self, indicator: Indicator) -> bool:
        """Say whether values of an indicator may change anything: those it reads, each by a null of its own."""
        return self.reads(indicator)

    @abstractmethod
    def fit_nulls(self, panel: Panel, chosen: Sequence[Series]) -> Sequence[SeriesNull | None]:
        """Return the null of each of some series, fitted together; None where there is not enough to fit it to."""

    def corrects_tail(self, panel: Panel) -> bool:
        """Say whether small p-values are corrected to the observed tail frequency: see `TailCorrectedNull`."""
        return False

    def lengthens_tail(self, panel: Panel) -> bool:
        """Say whether people may lie further from what is expected than the null's form allows: see `long_tails`."""
        return False

    def fit(self, panel: Panel, *, seed: int) -> FittedSeriesDetector:
        """Fit a null to each series that the detector reads."""
        return FittedSeriesDetector(self.assumption, self._nulls(panel, panel.series))

    def refit(self, panel: Panel, before: FittedSeriesDetector, changed: Collection[str]) -> FittedSeriesDetector:
        """Return what fitting to a panel gives that differs in some indicators from the one fitted to before.

        The bits are those of `fit`; where nulls are separate only those of indicators that have changed are fitted.
        """
        if not self.separate:
            return FittedSeriesDetector(self.assumption, self._nulls(panel, panel.series))
        unchanged = {key: null for key, null in before.nulls.items() if key[0] not in changed}
        again = self._nulls(panel, [series for series in panel.series if series.indicator.name in changed])
        return FittedSeriesDetector(self.assumption, unchanged | again)

    def _nulls(self, panel: Panel, series: Sequence[Series]) -> dict[tuple[str, int], SeriesNull]:
        chosen = [one for one in series if self.reads(one.indicator)]
        nulls = self.fit_nulls(panel, chosen)
        if self.lengthens_tail(panel):
            nulls = lengthen_tails(nulls, panel, chosen)
        if self.corrects_tail(panel):
            nulls = correct_tails(nulls, panel, chosen)
        return {one.key: null for one, null in zip(chosen, nulls, strict=True) if null is not None}


@dataclass(frozen=True)
class FittedSeriesDetector:
    """Nulls by indicator and window; those whose fit did not come to rest test nobody."""

    assumption: str
    nulls: Mapping[tuple[str, int], SeriesNull]

    @cached_property
    def usable(self) -> Mapping[tuple[str, int], SeriesNull]:
        """The nulls that subjects are tested against."""
        return {key: null for key, null in self.nulls.items() if is_settled(null)}

    @property
    def _written(self) -> tuple[FittedNull, ...]:
        return tuple(FittedNull(null, *key) for key, null in sorted(self.nulls.items(), key=lambda item: item[0]))

    def score(self, panel: Panel) -> Scores:
        """Score by the smallest combined p-value, in powers of ten; 0 where there is not enough evidence."""
        tests = [self.usable[s.key].test(panel, s) for s in panel.series if s.key in self.usable]
        if not tests:
            return replace(Scores.without_evidence(len(panel.ids), self.assumption), nulls=self._written)
        p_values = np.column_stack([test.p_value for test in tests])
        combined = combine(p_values)
        score = np.where(np.isnan(combined), 0.0, -np.log10(np.nan_to_num(combined, nan=1.0)))

        def explain(at: int, most: int) -> Contributions:
            tested = np.flatnonzero(~np.isnan(p_values[at]))
            strongest = tested[np.argsort(p_values[at][tested], kind="stable")][:most]
            return tuple(replace(tests[n].explain(at), tests=len(tested)) for n in strongest.tolist())

        contributions = ContributionList(len(panel.ids), explain)
        return Scores(
            score=score,
            p_value=combined,
            contributions=contributions,
            assumption=self.assumption,
            nulls=self._written,
        )
