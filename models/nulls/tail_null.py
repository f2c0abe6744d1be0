"""The upper tail of scores, fitted without its very end: a generalised Pareto tail, for many sets of scores at once.

Sources: Pickands (1975), Annals of Statistics 3:119, for the tail; Siffer et al. (2017), KDD, for its use on scores of
anomalies; the fit to its lower part by truncated likelihood follows `models.nulls.truncated`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from data.arrays import Floats, Positions
from data.memo import recall_each
from models.nulls.newton import Curvature, Loss, minimise
from models.nulls.settled import next_limit
from models.nulls.stacks import Stack
from models.nulls.truncated import CUT, FEWEST_PEERS, SMALLEST

START: Final = 0.70
"""Where the upper tail is taken to begin, as a share of everybody."""

PRIOR_TAIL: Final = (0.05, 0.1)
"""Mean and standard deviation expected of the tail's shape before looking: a little heavier than exponential.

The part of the tail that may be looked at says little about its shape, and a fit that follows it alone swings.
"""

_ROUNDS: Final = 30

_SETTLED: Final = 0.005
_WIDTHS: Final = 5.0

_STRAIGHT: Final = 1e-6
"""A shape this near to 0 is an exponential tail."""

_NEAR: Final = 0.02
"""Where shape times score is below this, derivatives are summed as series: the closed forms lose their last digits."""


@dataclass(frozen=True)
class TailNull:
    """A generalised Pareto tail above a starting point, fitted to the part of it where few unusual can be.

    `share` is how many of those without concern lie above `start`; `scale` and `shape` are the tail's, the shape never
    under 0. Below the start nothing is unusual, and the p-value is 1.

    Sources: Pickands (1975), Annals of Statistics 3:119, for the tail; Siffer et al. (2017), KDD, for its use on scores
    of anomalies; the fit to its lower part by truncated likelihood follows `models.nulls.gamma_poisson`.
    """

    start: float
    share: float
    scale: float
    shape: float
    converged: bool

    assumption: ClassVar[str] = (
        "scores of subjects without concern fall off above their 70% point like a generalised Pareto tail, no lighter"
        " than exponential; fewer than one in twenty subjects is unusual; heavier tails than Student's t with five"
        " degrees of freedom give too many small p-values"
    )

    def p_values(self, score: Floats) -> Floats:
        """Return the chance that a subject without concern scores at least as high, for each score."""
        above = np.maximum(score - self.start, 0.0) / self.scale
        tail = self.share * np.exp(_log_survival(above, self.shape))
        return np.where(score > self.start, np.maximum(tail, SMALLEST), 1.0)


def _log_survival(above: Floats, shape: float) -> Floats:
    return -above if shape < _STRAIGHT else -np.log1p(shape * above) / shape


def fit_tail(ordered: Floats) -> TailNull | None:
    """Fit the tail null to ascending scores; None when they are too few, or the upper ones nearly all equal."""
    return fit_tails([ordered])[0]


def fit_tails(scores: Sequence[Floats]) -> list[TailNull | None]:
    """Fit the tail null to each of several sets of ascending scores, all together; a set's bits are those it has alone.

    Example:
        >>> sets = [np.sort(np.random.default_rng(seed).exponential(size=900)) for seed in (1, 2)]
        >>> [null is not None and null.share for null in fit_tails([*sets, np.zeros(5)])]
        [0.3, 0.3, False]
    """
    return recall_each("tail", [[ordered] for ordered in scores], lambda at: _fit_tails([scores[n] for n in at]))


def _fit_tails(scores: Sequence[Floats]) -> list[TailNull | None]:
    searches = [_TailSearch.of(ordered) for ordered in scores]
    going = [search for search in searches if search is not None]
    for _ in range(_ROUNDS):
        if not going:
            break
        below = [search.above[: np.searchsorted(search.above, search.limit, side="right")] for search in going]
        limit, start = np.array([s.limit for s in going]), np.array([s.point for s in going]).reshape(-1, 2)
        width = np.full(len(going), _WIDTHS)
        low = np.column_stack([start[:, 0] - width, np.zeros(len(going))])
        high = np.column_stack([start[:, 0] + width, np.ones(len(going))])
        points = minimise(_minus_log_posterior(below, limit), start, low, high)
        for search, point in zip(going, points, strict=True):
            search.move(point)
        going = [search for search in going if not search.converged]
    return [None if search is None else search.null for search in searches]


@dataclass
class _TailSearch:
    """The fit to one set of scores as it stands: log scale and shape, and the limit up to which scores take part.

    The unusual few lie at the very end of the tail, so the end may not take part. But where it begins depends on the
    fit: at the point that the fitted tail gives to one in twenty of those without concern. Fit and limit take turns
    until neither moves. The limit never goes below the lowest 30% of the tail, or too few scores would be left.
    """

    begins: float
    share: float
    above: Floats
    lowest: float
    limit: float
    point: Floats
    converged: bool = False
    rounds: int = 0

    @classmethod
    def of(cls, ordered: Floats) -> _TailSearch | None:
        if len(ordered) < FEWEST_PEERS:
            return None
        begins = float(np.quantile(ordered, START))
        above = ordered[ordered > begins] - begins
        if len(np.unique(above)) < FEWEST_PEERS // 3:
            return None
        lowest = float(np.quantile(above, 0.3))
        limit = max(float(np.quantile(ordered, CUT)) - begins, lowest)
        point = np.array([np.log(above.mean()), PRIOR_TAIL[0]])
        return cls(begins, len(above) / len(ordered), above, lowest, limit, point)

    def move(self, point: Floats) -> None:
        """Take over a fit, and the limit that follows from it unless it is the one there is."""
        self.point = point
        decades = -np.log((1 - CUT) / self.share)
        reach = decades if self.shape < _STRAIGHT else np.expm1(self.shape * decades) / self.shape
        further = min(max(self.scale * reach, self.lowest), float(self.above[-1]))
        self.rounds += 1
        self.converged = bool(abs(further - self.limit) < _SETTLED * self.limit)
        if not self.converged:
            self.limit = next_limit(self.limit, further, self.rounds)

    @property
    def scale(self) -> float:
        return float(np.exp(self.point[0]))

    @property
    def shape(self) -> float:
        return max(float(self.point[1]), 0.0)

    @property
    def null(self) -> TailNull:
        return TailNull(self.begins, self.share, self.scale, self.shape, converged=self.converged)


def _minus_log_posterior(below: Sequence[Floats], limit: Floats) -> Loss:
    """Return the loss of a log scale and shape, for several sets of scores known to lie below their limits.

    Scores above the limit were left out, not absent: each density is divided by the chance of lying below the limit, or
    the tail would be fitted as if nobody could ever lie above it.
    """
    mean, spread = PRIOR_TAIL

    last: list[tuple[bytes, Stack, Floats, Positions]] = []

    def loss(point: Floats, at: Positions) -> Curvature:
        # Problems drop out from time to time; between, the same scores are needed again.
        if not last or last[0][0] != at.tobytes():
            own = Stack(np.array([len(below[n]) for n in at.tolist()], dtype=np.intp))
            places = np.concatenate([own.owner, np.arange(len(at))])
            last[:] = [(at.tobytes(), own, np.concatenate([below[n] for n in at.tolist()]), places)]
        _, stack, scores, places = last[0]
        size, shape = stack.sizes.astype(float), point[:, 1]
        # The limits come after the scores, so that all is computed in one go.
        scaled = np.concatenate([scores, limit[at]]) * np.exp(-point[:, 0])[places]
        hazard = _cumulative_hazard(scaled, shape[places])
        # Minus the log density is the cumulative hazard, log1p of shape times score, and the log scale.
        sums = [stack.sums(each[: len(scores)]) for each in hazard]
        value, by_scale, by_shape, *bends = ((1.0 + shape) * each for each in sums)
        curve = Curvature(value, np.column_stack([by_scale, by_shape]), np.column_stack(bends))
        # What the shape in the product (1 + shape) times hazard adds to slopes and bends by the shape.
        curve.slope[:, 1] += sums[0]
        curve.bend[:, 1] += sums[1]
        curve.bend[:, 2] += 2.0 * sums[2]
        curve.value[:] += size * point[:, 0]
        curve.slope[:, 0] += size
        _add_truncation(curve, tuple(each[len(scores) :] for each in hazard), size)
        curve.value[:] += 0.5 * ((shape - mean) / spread) ** 2
        curve.slope[:, 1] += (shape - mean) / spread**2
        curve.bend[:, 2] += 1.0 / spread**2
        return curve

    return loss


def _add_truncation(curve: Curvature, hazard: tuple[Floats, ...], size: Floats) -> None:
    """Add the log chance of lying below a limit with this cumulative hazard: log(1 - exp(-hazard))."""
    value, by_scale, by_shape, *bends = hazard
    odds = 1.0 / np.expm1(value)
    curve.value[:] += size * np.log(-np.expm1(-value))
    for column, each in enumerate((by_scale, by_shape)):
        curve.slope[:, column] += size * odds * each
    products = (by_scale**2, by_scale * by_shape, by_shape**2)
    for column, (bend, product) in enumerate(zip(bends, products, strict=True)):
        curve.bend[:, column] += size * (odds * bend - odds * (1.0 + odds) * product)


def _cumulative_hazard(score: Floats, shape: Floats) -> tuple[Floats, ...]:
    """Return log1p(shape * score) / shape, its slopes by log scale and shape, and its bends (first, mixed, second)."""
    y = shape * score
    inverse = 1.0 / (1.0 + y)
    near = y < _NEAR
    divisor, small = np.where(near, 1.0, y), y[near]
    logarithm = np.log1p(y) / divisor
    first = (inverse - logarithm) / divisor
    first[near] = _series(small, _FIRST)
    second = (-(inverse**2) - 2.0 * first) / divisor
    second[near] = _series(small, _SECOND)
    logarithm[near] = _series(small, _VALUE)
    value = score * logarithm
    # The scaled score falls by itself as the log scale grows.
    by_scale, mixed = -score * inverse, (score * inverse) ** 2
    return value, by_scale, score**2 * first, -by_scale - shape * mixed, mixed, score**3 * second


def _series(y: Floats, coefficients: Floats) -> Floats:
    total = np.full(len(y), coefficients[-1])
    for coefficient in coefficients[-2::-1].tolist():
        total = coefficient + total * y
    return total


_ORDER: Final = np.arange(7.0)
_VALUE: Final = (-1.0) ** _ORDER / (_ORDER + 1.0)
_FIRST: Final = (-1.0) ** (_ORDER + 1.0) * (_ORDER + 1.0) / (_ORDER + 2.0)
_SECOND: Final = (-1.0) ** _ORDER * (_ORDER + 1.0) * (_ORDER + 2.0) / (_ORDER + 3.0)
