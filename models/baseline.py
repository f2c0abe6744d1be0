"""Usual ways of ranking people, in the interface of detectors: scores without p-values, which feed no flag."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from data.arrays import Floats
from data.vocabulary import Concern, SubjectKind
from features.indicator import Indicator
from models.detector import Detector, Family, Fitted
from models.nulls.series_nulls import observe
from models.panel import Panel
from models.scores import ContributionList, Contributions, Scores

Ranking = Callable[[Panel], Floats]
"""Gives each subject of a panel a score; it may be another panel than that it was made from."""


class Baseline(Detector):
    """A usual way of ranking subjects, without p-values."""

    family: ClassVar[Family] = "baseline"
    assumption = "none: it ranks, and says nothing of how often somebody without a concern would rank as high"

    @abstractmethod
    def ranking(self, panel: Panel, *, seed: int) -> Ranking:
        """Learn from a panel, if there is anything to learn, how to score."""

    def fit(self, panel: Panel, *, seed: int) -> Fitted:
        """Learn how to score from a panel."""
        return _FittedBaseline(self.assumption, self.ranking(panel, seed=seed), self.reads)


@dataclass(frozen=True)
class _FittedBaseline:
    assumption: str
    ranking: Ranking
    reads: Callable[[Indicator], bool]

    def score(self, panel: Panel) -> Scores:
        series = [s for s in panel.series if self.reads(s.indicator)]

        def explain(at: int, most: int) -> Contributions:
            return tuple(observe(s, at) for s in series if s.cells.value[at] > 0)[:most]

        n = len(panel.ids)
        return Scores(
            score=self.ranking(panel),
            p_value=np.full(n, np.nan),
            contributions=ContributionList(n, explain),
            assumption=self.assumption,
        )


class RawCount(Baseline):
    """Ranks by the rows behind one indicator, without exposure, peers or causes; what cannot be used is nothing."""

    monotone = True
    WINDOW: ClassVar[int] = 365

    def __init__(self, indicator: str, *, concern: Concern, kind: SubjectKind = "officer", at_least: int = 1) -> None:
        self.indicator, self.at_least = indicator, at_least
        self.concerns, self.kinds = (concern,), (kind,)
        beyond = f" and at least {at_least}" if at_least > 1 else ""
        self.question = f"Who has the most {indicator.replace('_', ' ')} in {self.WINDOW} days{beyond}?"

    def reads(self, indicator: Indicator) -> bool:
        """Say whether it is the one indicator."""
        return indicator.name == self.indicator

    def ranking(self, panel: Panel, *, seed: int) -> Ranking:
        """Return the ranking by the number of rows; numbers below the least that counts are nothing."""
        return self._rows

    def _rows(self, panel: Panel) -> Floats:
        series = panel.find(self.indicator, self.WINDOW)
        if series is None:
            return np.zeros(len(panel.ids))
        rows = np.where(np.isnan(series.cells.value), 0.0, series.cells.n_rows)
        return np.where(rows >= self.at_least, rows, 0.0)
