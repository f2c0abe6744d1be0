"""Multivariate patterns: any PyOD or scikit-learn estimator, by its dotted path, on peer residuals."""

from __future__ import annotations

import importlib
import inspect
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from data.errors import UsageError
from models.base import Contribution, Detector, Family, Floats, Panel, Scores
from models.residuals import peer_residuals

SHOWN = 5
"""How many of the largest residuals are listed with a score."""


class Pattern(Detector):
    """Scores how unlike its peers a subject's whole pattern is, with an estimator made by somebody else.

    `estimator` is the dotted path of a class with `fit` and `decision_function` (PyOD: higher is more unusual) or
    `score_samples` (scikit-learn: lower is). P-values are the subject's rank among all subjects, itself included.
    """

    family: ClassVar[Family] = "pattern"
    question = "Is the whole pattern of an officer's records unlike that of peers?"
    assumption = (
        "scores of subjects without concern are exchangeable, so a rank is a p-value; unusual subjects among those"
        " ranked make it larger, never smaller; residuals listed with a score do not add up to it"
    )
    references = ("Liu, Ting and Zhou (2008)", "Bates et al. (2023)")

    def __init__(self, estimator: str, parameters: Mapping[str, Any] = MappingProxyType({})) -> None:
        self.estimator = estimator
        self.parameters = parameters

    def score(self, panel: Panel, *, seed: int) -> Scores:
        """Score every subject; nobody is scored when there are no values or hardly any subjects."""
        residuals = peer_residuals(panel)
        n = len(panel.ids)
        if n < 2 or residuals.shape[1] == 0 or not residuals.any():
            nothing = np.full(n, np.nan)
            return Scores(score=np.zeros(n), p_value=nothing, contributions=((),) * n, assumption=self.assumption)
        score = self._estimate(residuals, seed)
        # Counting those at or above, oneself included, is the conformal p-value (1 + others) / (1 + all others).
        at_or_above = n - np.searchsorted(np.sort(score), score, side="left")
        return Scores(
            score=score,
            p_value=at_or_above / n,
            contributions=tuple(_largest(panel, residuals[at], at) for at in range(n)),
            assumption=self.assumption,
        )

    def _estimate(self, residuals: Floats, seed: int) -> Floats:
        model = self._build(seed)
        model.fit(residuals)
        if hasattr(model, "decision_scores_"):
            raw = model.decision_function(residuals)
        else:
            raw = -model.score_samples(residuals)
        return np.asarray(raw, dtype=np.float64)

    def _build(self, seed: int) -> Any:
        module, _, name = self.estimator.rpartition(".")
        try:
            with _global_generator_untouched():
                made = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise UsageError(
                f"The estimator '{self.estimator}' of the detector {self.name} cannot be imported.",
                expected="the dotted path of a PyOD or scikit-learn class, such as pyod.models.iforest.IForest",
                found=str(error),
                hint='PyOD is an extra: pip install "opencse[patterns]".',
            ) from error
        takes_seed = "random_state" in inspect.signature(made).parameters
        return made(**self.parameters, **({"random_state": seed} if takes_seed else {}))


@contextmanager
def _global_generator_untouched() -> Iterator[None]:
    """Put Python's global generator back as it was: importing PyOD's dependencies draws from it."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


def _largest(panel: Panel, residuals: Floats, at: int) -> tuple[Contribution, ...]:
    order = np.lexsort((np.arange(len(residuals)), -residuals))[:SHOWN]
    return tuple(_residual(panel, column, at) for column in order.tolist() if residuals[column] > 0)


def _residual(panel: Panel, column: int, at: int) -> Contribution:
    series = panel.series[column]
    exposure = float(series.cells.exposure[at])
    return Contribution(
        indicator=series.indicator.name,
        window_days=series.cells.window,
        observed=float(series.cells.value[at]),
        exposure=None if np.isnan(exposure) else exposure,
    )
