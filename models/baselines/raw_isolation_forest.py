"""Whose raw counts are easy to tell apart from everybody's? The usual data-mining answer: no peers, no exposure."""

from __future__ import annotations

import numpy as np

from data.arrays import Floats
from data.vocabulary import SubjectKind
from models.baseline import Baseline, Ranking
from models.estimators import build_estimator, one_thread, outlyingness
from models.panel import Panel


class RawIsolationForest(Baseline):
    """Ranks by an isolation forest on values as they stand; what is not known is nothing."""

    kinds: tuple[SubjectKind, ...] = ("officer", "unit")
    question = "Whose raw counts are easy to tell apart from everybody's?"
    references = ("Liu, Ting and Zhou (2008)",)

    def ranking(self, panel: Panel, *, seed: int) -> Ranking:
        """Fit the forest to a panel and return the ranking by it."""
        values = _values(panel)
        if len(values) < 2 or not values.any():
            return lambda other: np.zeros(len(other.ids))
        model = build_estimator(
            "sklearn.ensemble.IsolationForest", {"n_estimators": 200}, seed=seed, detector=self.name
        )
        with one_thread():
            model.fit(values)

        def rank(other: Panel) -> Floats:
            with one_thread():
                return outlyingness(model, _values(other))

        return rank


def _values(panel: Panel) -> Floats:
    columns = [np.nan_to_num(series.cells.value, nan=0.0) for series in panel.series]
    return np.column_stack(columns) if columns else np.empty((len(panel.ids), 0))


BASELINE = RawIsolationForest()
