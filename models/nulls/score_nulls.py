"""From scores to p-values: one-sided, under a null that is stated, named and can be chosen.

A score says who is more unusual than whom. A p-value says how often somebody *without* a concern would score at least
as high, and for that something has to be assumed about them. Each null here is a small frozen value that carries its
assumption in words. None assumes that everybody it is fitted to is without concern: a force always holds the few who
are sought.

`tail` looks at the upper part of the scores without its very end; `empirical` takes the scores for z-values and looks
at their middle; `calibrate_conformal` ranks a score among those of a reference set that is clean for a stated reason;
`rank` ranks it among everybody. Counts with an exposure have a null of their own: `models.nulls.gamma_poisson`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Protocol

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from data.arrays import Floats, Positions
from data.errors import UsageError
from models.nulls.settled import is_settled, next_limit
from models.nulls.tail_null import TailNull, fit_tail
from models.nulls.truncated import CUT, FEWEST_PEERS, SMALLEST

ScoreNullName = Literal["tail", "empirical", "rank"]
SCORE_NULLS: Final[tuple[ScoreNullName, ...]] = ("tail", "empirical", "rank")
"""The nulls that need nothing but the scores themselves; `calibrate_conformal` needs a reference set besides."""

_LOWEST: Final = 0.10
"""The empirical null also leaves out the lowest tenth: it holds no information on the upper tail."""

_ROUNDS: Final = 30
_SETTLED: Final = 0.005


class ScoreNull(Protocol):
    """What scores of subjects without concern are taken to look like."""

    assumption: ClassVar[str]

    def p_values(self, score: Floats) -> Floats:
        """Return the chance that a subject without concern scores at least as high, for each score."""
        ...


@dataclass(frozen=True)
class CalibratedScores:
    """P-values aligned to the scores they come from, NaN where there is not enough evidence, and what they rest on.

    `null` is None when there were too few scores, or too many equal ones, to fit any; `p_value` is NaN also where its
    fit did not come to rest.
    """

    p_value: Floats
    assumption: str
    null: ScoreNull | None


def calibrate(score: Floats, *, method: ScoreNullName = "tail", groups: Positions | None = None) -> CalibratedScores:
    """Turn continuous scores, higher for more unusual, into one-sided p-values.

    `groups` numbers each subject's peer group from 0: scores are then first set against the group's median and spread.
    Scores that are NaN, those in groups of fewer than `FEWEST_PEERS`, and all when there are fewer than `FEWEST_PEERS`,
    have the p-value NaN: there is not enough evidence. So have all where the fit of the null did not come to rest. The
    order of subjects changes no bit.

    Example:
        >>> scores = np.concatenate([np.random.default_rng(1).exponential(size=500), [25.0]])
        >>> bool(calibrate(scores).p_value[-1] < 1e-6)
        True
    """
    position = score if groups is None else _within_groups(score, groups)
    finite = np.isfinite(position)
    null = _FITS[method](np.sort(position[finite]))
    p_value = np.full(len(score), np.nan)
    if null is not None and is_settled(null):
        p_value[finite] = null.p_values(position[finite])
    return CalibratedScores(p_value, _NULLS[method].assumption, null)


def _within_groups(score: Floats, groups: Positions) -> Floats:
    """Return how many spreads each score lies above its group's median.

    The spread is the distance from the median to the 80% point, which the few unusual hardly move; a small group's is
    drawn towards everybody's.
    """
    above = np.full(len(score), np.nan)
    common = _upper_spread(score[np.isfinite(score)])
    for group in np.unique(groups).tolist():
        members = np.flatnonzero((groups == group) & np.isfinite(score))
        if len(members) < FEWEST_PEERS:
            continue
        own, weight = _upper_spread(score[members]), len(members) / (len(members) + FEWEST_PEERS)
        spread = weight * own + (1 - weight) * common
        above[members] = (score[members] - np.median(score[members])) / (spread or 1.0)
    return above


def _upper_spread(score: Floats) -> float:
    if not len(score):
        return 0.0
    middle, upper = np.quantile(score, [0.5, 0.8])
    return float(upper - middle)


def _lowest_point(loss: Callable[[Floats], float], start: Floats, *, bounds: tuple[tuple[float, float], ...]) -> Floats:
    """Return where a loss of two numbers is lowest within bounds, by the simplex method of Nelder and Mead."""
    # It takes as long to import as most questions to a finished run to answer, and only a fit needs it.
    from scipy.optimize import minimize

    optimum = minimize(
        loss,
        start,
        method="Nelder-Mead",
        bounds=bounds,
        options={"xatol": 1e-4, "fatol": 1e-6, "initial_simplex": start + 0.1 * _CORNERS},
    )
    return np.asarray(optimum.x, dtype=np.float64)


_CORNERS: Final = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


@dataclass(frozen=True)
class EmpiricalNull:
    """A normal null whose mean and spread are those of the middle of the z-values.

    Source: Efron (2004), JASA 99:96, section 4: the centre of the z-values tells the null; here by the likelihood of
    those between two limits, given that they lie there.
    """

    mean: float
    deviation: float
    converged: bool

    assumption: ClassVar[str] = (
        "scores of subjects without concern are normal, with the mean and spread of the middle of all scores; fewer"
        " than one in twenty subjects is unusual; a score whose tail is heavier than normal gives too many small"
        " p-values"
    )

    def p_values(self, score: Floats) -> Floats:
        """Return the chance that a subject without concern scores at least as high, for each score."""
        return np.maximum(ndtr(-(score - self.mean) / self.deviation), SMALLEST)


def fit_empirical(ordered: Floats) -> EmpiricalNull | None:
    """Fit the empirical null to z-values in ascending order; None when they are too few or the middle all equal."""
    if len(ordered) < FEWEST_PEERS:
        return None
    low, lower, mean, upper, high = np.quantile(ordered, [_LOWEST, 0.25, 0.5, 0.75, CUT]).tolist()
    deviation = (upper - lower) / 1.349
    if not deviation > 0:
        return None
    for round_ in range(1, _ROUNDS + 1):
        middle = ordered[(ordered >= low) & (ordered <= high)]
        mean, deviation = _fit_between(middle, low, high, mean, deviation)
        further = float(np.clip(mean + deviation * ndtri(CUT), upper, ordered[-1]))
        if abs(further - high) < _SETTLED * deviation:
            return EmpiricalNull(mean, deviation, converged=True)
        high = next_limit(high, further, round_)
    return EmpiricalNull(mean, deviation, converged=False)


def _fit_between(middle: Floats, low: float, high: float, mean: float, deviation: float) -> tuple[float, float]:
    """Return the mean and standard deviation of a normal that best explain values known to lie between two limits."""
    n, total, squares = len(middle), float(np.sum(middle - mean)), float(np.sum((middle - mean) ** 2))

    def loss(point: Floats) -> float:
        shift, width = point[0] * deviation, deviation * np.exp(point[1])
        # Written by sufficient statistics, so that a step costs the same whatever the size of the force; the chance of
        # lying between the limits is taken in logarithms, since both ends may lie far in one tail.
        at_high, at_low = (high - mean - shift) / width, (low - mean - shift) / width
        upper, lower = log_ndtr(at_high), log_ndtr(at_low)
        inside = upper + np.log(-np.expm1(lower - upper))
        departures = (squares - 2 * shift * total + n * shift**2) / width**2
        return float(0.5 * departures + n * (np.log(width) + inside))

    shift, growth = _lowest_point(loss, np.zeros(2), bounds=((-2.0, 2.0), (-2.0, 2.0)))
    return mean + float(shift) * deviation, deviation * float(np.exp(growth))


@dataclass(frozen=True)
class ReferenceNull:
    """The scores of a reference set that is clean for a stated reason, in ascending order.

    The p-value is (1 + those of the reference at or above) / (1 + all of the reference). It is never smaller than
    1 / (1 + all), so a small reference cannot say anything strong.

    Source: Bates, Candès, Lei, Romano and Sesia (2023), Annals of Statistics 51:149.
    """

    ordered: Floats
    reason: str

    assumption: ClassVar[str] = (
        "scores of subjects without concern are exchangeable with those of a reference set in which nobody is of"
        " concern"
    )

    def p_values(self, score: Floats) -> Floats:
        """Return the chance that a subject without concern scores at least as high, for each score."""
        below = np.searchsorted(self.ordered, score, side="left")
        return np.asarray((1 + len(self.ordered) - below) / (1 + len(self.ordered)), dtype=np.float64)


def calibrate_conformal(score: Floats, *, reference: Floats, reason: str) -> CalibratedScores:
    """Turn scores into split-conformal p-values against the scores of a reference set.

    The reference must not have been used to fit what gives the scores, and must be clean: `reason` says why it is, and
    is kept with the assumption. Scores that are NaN have the p-value NaN. A reference of fewer than `FEWEST_PEERS` is
    not enough evidence for anybody.

    Raises:
        UsageError: no reason is given. A share of concern in the reference as small as that sought leaves no power at
            all, and trimming its top breaks the guarantee, so neither is a reason.

    Example:
        >>> scores, cleared = np.array([50.0, 200.0]), np.arange(99.0)
        >>> calibrate_conformal(scores, reference=cleared, reason="reviewed and cleared").p_value.tolist()
        [0.5, 0.01]
    """
    if not reason.strip():
        raise UsageError(
            "A reference set was given without the reason why nobody in it is of concern.",
            expected="a reason, such as 'drawn from the fitted null' or 'reviewed and cleared'",
            hint="Without one, take the null 'tail', which allows for the unusual among those it is fitted to.",
        )
    ordered = np.sort(reference[np.isfinite(reference)])
    null = ReferenceNull(ordered, reason)
    p_value = np.where(np.isfinite(score), null.p_values(score), np.nan)
    if len(ordered) < FEWEST_PEERS:
        return CalibratedScores(np.full(len(score), np.nan), f"{null.assumption}: {reason}", None)
    return CalibratedScores(p_value, f"{null.assumption}: {reason}", null)


@dataclass(frozen=True)
class RankNull:
    """Everybody's scores, in ascending order: a p-value is the rank from the top, as a share of all.

    Valid whoever is among those ranked, and nearly powerless: the k-th highest of n has k / n, which no selection that
    controls the false discovery rate under 1 can ever take.
    """

    ordered: Floats

    assumption: ClassVar[str] = (
        "scores of subjects without concern are exchangeable, so a rank is a p-value; unusual subjects among those"
        " ranked make it larger, never smaller"
    )

    def p_values(self, score: Floats) -> Floats:
        """Return the share of all that score at least as high, for each score."""
        below = np.searchsorted(self.ordered, score, side="left")
        return np.asarray(np.maximum(len(self.ordered) - below, 1) / len(self.ordered), dtype=np.float64)


def fit_rank(ordered: Floats) -> RankNull | None:
    """Return the rank null of scores in ascending order; None when they are too few."""
    return RankNull(ordered) if len(ordered) >= FEWEST_PEERS else None


_FITS: Final = {"tail": fit_tail, "empirical": fit_empirical, "rank": fit_rank}
_NULLS: Final[dict[ScoreNullName, type[TailNull] | type[EmpiricalNull] | type[RankNull]]] = {
    "tail": TailNull,
    "empirical": EmpiricalNull,
    "rank": RankNull,
}
