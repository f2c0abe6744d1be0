"""Detectors that look at one indicator after the other, each against a null of its own, and combine the p-values."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.indicator import Indicator
from models.detector import Detector, Fitted
from models.nulls.parameters import FittedNull
from models.nulls.series_nulls import SeriesNull, correct_tails
from models.panel import Panel, Series
from models.scores import ContributionList, Contributions, Scores
from models.selection.fdr import combine


class SeriesDetector(Detector):
    """A detector that fits a null to each series it reads; a subject's p-value is the smallest, by Bonferroni."""

    monotone = True

    def depends_on(self, indicator: Indicator) -> bool:
        """Say whether values of an indicator may change anything: those it reads, each by a null of its own."""
        return self.reads(indicator)

    @abstractmethod
    def fit_nulls(self, panel: Panel, chosen: Sequence[Series]) -> Sequence[SeriesNull | None]:
        """Return the null of each of some series, fitted together; None where there is not enough to fit it to."""

    def corrects_tail(self, panel: Panel) -> bool:
        """Say whether small p-values are corrected to the observed tail frequency: see `TailCorrectedNull`."""
        return False

    def fit(self, panel: Panel, *, seed: int) -> Fitted:
        """Fit a null to each series that the detector reads."""
        chosen = [series for series in panel.series if self.reads(series.indicator)]
        nulls = self.fit_nulls(panel, chosen)
        if self.corrects_tail(panel):
            nulls = correct_tails(nulls, panel, chosen)
        by_key = {series.key: null for series, null in zip(chosen, nulls, strict=True) if null is not None}
        return FittedSeriesDetector(self.assumption, by_key)


@dataclass(frozen=True)
class FittedSeriesDetector:
    """Nulls by indicator and window."""

    assumption: str
    nulls: Mapping[tuple[str, int], SeriesNull]

    def score(self, panel: Panel) -> Scores:
        """Score by the smallest combined p-value, in powers of ten; 0 where there is not enough evidence."""
        tests = [self.nulls[s.key].test(panel, s) for s in panel.series if s.key in self.nulls]
        if not tests:
            return Scores.without_evidence(len(panel.ids), self.assumption)
        p_values = np.column_stack([test.p_value for test in tests])
        combined = combine(p_values)
        score = np.where(np.isnan(combined), 0.0, -np.log10(np.nan_to_num(combined, nan=1.0)))

        def explain(at: int, most: int) -> Contributions:
            tested = np.flatnonzero(~np.isnan(p_values[at]))
            strongest = tested[np.argsort(p_values[at][tested], kind="stable")][:most]
            return tuple(tests[n].explain(at) for n in strongest.tolist())

        contributions = ContributionList(len(panel.ids), explain)
        return Scores(
            score=score,
            p_value=combined,
            contributions=contributions,
            assumption=self.assumption,
            nulls=tuple(FittedNull(null, *key) for key, null in sorted(self.nulls.items())),
        )
