"""Multivariate patterns: any PyOD or scikit-learn estimator, by its dotted path, on peer residuals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final

import numpy as np

from data.arrays import Floats
from data.errors import UsageError
from models.detector import Detector, Family, Fitted
from models.estimators import build_estimator, fit_estimator, one_thread, outlyingness, require_nameable
from models.nulls.parameters import FittedNull
from models.nulls.residuals import ResidualScale, fit_scale
from models.nulls.score_nulls import ScoreNull, ScoreNullName, calibrate
from models.nulls.series_nulls import observe
from models.nulls.settled import is_settled
from models.panel import Panel
from models.scores import ContributionList, Contributions, Scores

SHOWN: Final = 5
"""How many of the largest residuals are listed with a score."""

_PROBED: Final = 3
_SAME: Final = 1e-9


FEWEST_INDICATORS: Final = 4
"""Of fewer indicators than this there is no pattern: an estimator then only repeats what each says by itself."""


class Pattern(Detector):
    """Scores how unlike its peers a subject's whole pattern is, with an estimator made by somebody else.

    `estimator` is the dotted path of a class with `fit` and `decision_function` (PyOD: higher is more unusual) or
    `score_samples` (scikit-learn: lower is). `null` names how its scores become p-values; with `root` it is set against
    the square roots of their distances from the lowest, where their tail is too heavy for it. `monotone` and
    `transductive` declare what the estimator does; one that turns out to be transductive without saying so is treated
    as such. With `ranks_only` it flags nobody where a concern is selected by rate. With `trust_code` the class may be
    of any package: see `models.estimators`.

    Raises:
        UsageError: `estimator` names something that is not part of scikit-learn or PyOD; it is not imported.

    Example:
        >>> Pattern("sklearn.ensemble.IsolationForest", {"n_estimators": 200}).with_name("forest").name
        'forest'
    """

    family: ClassVar[Family] = "pattern"
    question = "Is the whole pattern of an officer's records unlike that of peers?"
    assumption = (
        "scores of peers without concern are alike, whatever their peer group, and fall off as the null they are set"
        " against says; residuals listed with a score do not add up to it"
    )
    references = ("Liu, Ting and Zhou (2008)", "Zhao, Nasrullah and Li (2019)")

    def __init__(
        self,
        estimator: str,
        parameters: Mapping[str, Any] = MappingProxyType({}),
        *,
        null: ScoreNullName = "tail",
        root: bool = False,
        transductive: bool = False,
        monotone: bool = False,
        ranks_only: bool = False,
        trust_code: bool = False,
    ) -> None:
        require_nameable(estimator, trust_code=trust_code)
        self.estimator = estimator
        self.parameters = parameters
        self.null: ScoreNullName = null
        self.root = root
        self.transductive = transductive
        self.monotone = monotone
        self.ranks_only = ranks_only
        self.trust_code = trust_code

    def can_score(self, panel: Panel) -> bool:
        """Say whether there is a pattern to look at: enough different indicators, not one or two counted twice."""
        return super().can_score(panel) and len({s.indicator.name for s in panel.series}) >= FEWEST_INDICATORS

    def fit(self, panel: Panel, *, seed: int) -> Fitted:
        """Fit the estimator to the residuals of a panel, and a null to its scores, on one thread."""
        scale = fit_scale(panel)
        residuals = scale.residuals(panel)
        # A column in which nobody differs holds no information, and some estimators divide by its spread.
        informative = np.flatnonzero(residuals.any(axis=0)) if len(residuals) > 1 else np.empty(0, dtype=np.intp)
        if not len(informative):
            return _NoPattern(self.assumption)
        scale = scale.select([panel.series[n].key for n in informative.tolist()])
        residuals = residuals[:, informative]
        model = build_estimator(
            self.estimator, self.parameters, seed=seed, detector=self.name, trust_code=self.trust_code
        )
        fit_estimator(model, residuals, detector=self.name)
        with one_thread():
            score = outlyingness(model, residuals)
            alone = outlyingness(model, residuals[:_PROBED])
        calibrated = calibrate(_root(score, score) if self.root else score, method=self.null)
        batch_matters = self.transductive or not np.allclose(alone, score[:_PROBED], rtol=_SAME, atol=_SAME)
        assumption = f"{self.assumption}; {calibrated.assumption}"
        return _FittedPattern(
            self.estimator, scale, model, calibrated.null, self.root, assumption, residuals, score, batch_matters
        )


@dataclass(frozen=True)
class _NoPattern:
    """There were no values or hardly any subjects: nobody is scored."""

    assumption: str

    def score(self, panel: Panel) -> Scores:
        return Scores.without_evidence(len(panel.ids), self.assumption)


@dataclass(frozen=True)
class _FittedPattern:
    """A fitted estimator, what it was fitted to and the scores of that; `transductive` ones can score nothing else."""

    estimator: str
    scale: ResidualScale
    model: Any
    null: ScoreNull | None
    root: bool
    assumption: str
    fitted_to: Floats
    fitted_score: Floats
    transductive: bool

    def score(self, panel: Panel) -> Scores:
        """Score the subjects of a panel.

        Raises:
            UsageError: the estimator scores by who else is in the batch, and these are not those it was fitted to.
        """
        residuals = self.scale.residuals(panel)
        if np.array_equal(residuals, self.fitted_to):
            score = self.fitted_score
        elif self.transductive:
            raise UsageError(
                f"The estimator {self.estimator} scores a subject by who else is in the batch.",
                expected="the very subjects it was fitted to",
                found=f"{len(panel.ids)} others, or other values",
                hint="Where some are fitted to and others scored, name an estimator that is not transductive.",
            )
        else:
            with one_thread():
                score = outlyingness(self.model, residuals)
        usable = self.null is not None and is_settled(self.null)
        p_value = self._p_values(score) if usable else np.full(len(panel.ids), np.nan)
        series = [s for s in panel.series if s.key in self.scale.centre]

        def explain(at: int, most: int) -> Contributions:
            order = np.lexsort((np.arange(len(series)), -residuals[at]))[: min(most, SHOWN)]
            return tuple(observe(series[n], at) for n in order.tolist() if residuals[at, n] > 0)

        contributions = ContributionList(len(panel.ids), explain)
        nulls = () if self.null is None else (FittedNull(self.null),)
        return Scores(
            score=score, p_value=p_value, contributions=contributions, assumption=self.assumption, nulls=nulls
        )

    def _p_values(self, score: Floats) -> Floats:
        assert self.null is not None
        return self.null.p_values(_root(score, self.fitted_score) if self.root else score)


def _root(score: Floats, fitted: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(score - fitted.min(), 0.0)))
