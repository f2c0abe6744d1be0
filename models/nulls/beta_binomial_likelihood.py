"""The truncated likelihood of the beta-binomial null for many samples at once, with its slopes and bends.

The two parameters of a sample are s, the shift of all log-odds, and t, the log precision. The likelihood is a sum of
log gamma functions, each of a whole number plus one of the beta's two parameters or their sum: subjects are gathered by
those, so that each function is computed once. What truncation takes away is a mean over the beta distribution of the
binomial chance of at most the limit, and its derivatives are moments under that distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import bdtr, expit, gammaln, psi, zeta

from data.arrays import Bools, Floats, Positions
from models.nulls.newton import Curvature
from models.nulls.stacks import Samples, Stack, distinct, distinct_rows
from models.nulls.truncated import SpreadPrior

_GRID: Final = np.concatenate([np.arange(-60.0, -14.0, 0.8), np.arange(-14.0, 14.1, 0.3)])
"""Logits of the shares at which the beta distribution is summed to get its chance of lying under a limit.

Where peers differ widely many have a share of next to nothing: the grid reaches down to where that no longer matters.
"""

_WIDTH: Final = np.gradient(_GRID)
_LOG_SHARE: Final = -np.logaddexp(0.0, -_GRID)
_POWERS: Final = (_GRID, _LOG_SHARE, _GRID**2, _GRID * _LOG_SHARE, _LOG_SHARE**2)

_LEAST: Final = 1e-12
"""A chance of lying under the limit is not taken to be smaller than this: the sum is not exact enough."""


@dataclass(frozen=True)
class GammaTerms:
    """Terms `weight * log gamma(whole + parameter)`, stacked by sample.

    The parameter is the precision times a share, that of hits (`sign` 1) or of misses (-1) at the log-odds `centre`, or
    the precision itself (0).
    """

    stack: Stack
    whole: Floats
    centre: Floats
    sign: Floats
    weight: Floats

    def take(self, at: Positions) -> GammaTerms:
        """Return the samples at these positions, in ascending order."""
        rows = self.stack.within(at)
        columns = (of[rows] for of in (self.whole, self.centre, self.sign, self.weight))
        return GammaTerms(Stack(self.stack.sizes[at]), *columns)

    def add(self, point: Floats, curve: Curvature) -> None:
        """Take the terms' sum off a curve."""
        precision, sign = np.exp(point[:, 1])[self.stack.owner], self.sign
        share = np.where(sign == 0.0, 1.0, expit(sign * (self.centre + point[:, 0][self.stack.owner])))
        parameter, along = precision * share, sign * precision * share * (1.0 - share)
        at = self.whole + parameter
        first, second = self.weight * psi(at), self.weight * zeta(2.0, at)
        curve.value[:] -= self.stack.sums(self.weight * gammaln(at))
        for column, each in enumerate((first * along, first * parameter)):
            curve.slope[:, column] -= self.stack.sums(each)
        bends = (
            second * along**2 + first * along * sign * (1.0 - 2.0 * share),
            second * along * parameter + first * along,
            second * parameter**2 + first * parameter,
        )
        for column, each in enumerate(bends):
            curve.bend[:, column] -= self.stack.sums(each)


@dataclass(frozen=True)
class TruncationBins:
    """Subjects gathered by trials (within three percent), limit and centre: what their truncation takes away.

    `under` holds, for each bin and each share of the grid, the binomial chance of at most the limit; it does not change
    while the parameters are sought.
    """

    stack: Stack
    centre: Floats
    size: Floats
    under: Floats

    def take(self, at: Positions) -> TruncationBins:
        """Return the samples at these positions, in ascending order."""
        rows = self.stack.within(at)
        return TruncationBins(Stack(self.stack.sizes[at]), self.centre[rows], self.size[rows], self.under[rows])

    def add(self, point: Floats, curve: Curvature) -> None:
        """Add to a curve the log chance that everybody lies at or below their limit."""
        shift, log_precision = point[self.stack.owner].T
        precision, share = np.exp(log_precision), expit(self.centre + shift)
        b, along = precision * (1.0 - share), precision * share * (1.0 - share)
        # The beta density over log-odds, up to its constant.
        log_weight = precision[:, None] * _LOG_SHARE - b[:, None] * _GRID
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True)) * _WIDTH
        everywhere, under = _moments(weight), _moments(weight * self.under)
        x, y, xx, xy, yy = (u - e for u, e in zip(under[1:], everywhere[1:], strict=True))
        by_spread = precision * y - b * x
        curve.value[:] += self.stack.sums(self.size * np.log(np.maximum(under[0] / everywhere[0], _LEAST)))
        for column, each in enumerate((along * x, by_spread)):
            curve.slope[:, column] += self.stack.sums(self.size * each)
        bends = (
            along * (1.0 - 2.0 * share) * x + along**2 * xx,
            along * x + along * (precision * xy - b * xx),
            by_spread + precision**2 * yy - 2.0 * precision * b * xy + b**2 * xx,
        )
        for column, each in enumerate(bends):
            curve.bend[:, column] += self.stack.sums(self.size * each)


def _moments(weight: Floats) -> tuple[Floats, ...]:
    """Return, of each row of weights on the grid, their sum, and the means and (co)variances of log-odds and log share.

    In the order: sum, mean of log-odds and of log share, variance of log-odds, covariance, variance of log share.
    """
    total = weight.sum(axis=1)
    x, y, xx, xy, yy = ((weight * each).sum(axis=1) / np.maximum(total, 1e-300) for each in _POWERS)
    return total, x, y, xx - x * x, xy - x * y, yy - y * y


@dataclass(frozen=True)
class Gathered:
    """All that the likelihood of several samples needs: log gamma functions and, after the first turn, truncation."""

    terms: GammaTerms
    truncation: TruncationBins | None

    def take(self, at: Positions) -> Gathered:
        """Return the samples at these positions, in ascending order."""
        return Gathered(self.terms.take(at), None if self.truncation is None else self.truncation.take(at))


def gather(samples: Samples, centre: Floats, chosen: Bools, limits: Floats | None) -> Gathered:
    """Gather the chosen entries; `centre` holds the log-odds of what is expected of each."""
    stack = samples.entries.select(chosen)
    hits, trials, level = samples.counts[chosen], samples.opportunity[chosen], centre[chosen]
    levels, code = np.unique(level, return_inverse=True)
    own, n = np.arange(len(stack.sizes)), stack.sizes.astype(np.float64)
    nothing, ones = np.zeros(len(hits)), np.ones(len(hits))
    parts = (
        (stack.owner, hits, code, 1, ones),
        (stack.owner, nothing, code, 1, -ones),
        (stack.owner, trials - hits, code, -1, ones),
        (stack.owner, nothing, code, -1, -ones),
        (stack.owner, trials, np.zeros_like(code), 0, -ones),
        (own, np.zeros(len(own)), np.zeros(len(own), dtype=code.dtype), 0, n),
    )
    owner = np.concatenate([part[0] for part in parts])
    order = np.argsort(owner, kind="stable")
    whole, codes, weight = (np.concatenate([part[n] for part in parts])[order] for n in (1, 2, 4))
    sign = np.repeat([part[3] for part in parts], [len(part[0]) for part in parts])[order]
    terms = distinct(Stack(np.bincount(owner)), sign, codes, whole.astype(np.int64))
    total = terms.totals(weight)
    matters = total != 0.0
    sign, codes, whole = (key[matters] for key in terms.keys)
    gathered = GammaTerms(
        terms.stack.select(matters), whole.astype(np.float64), levels[codes], sign.astype(np.float64), total[matters]
    )
    return Gathered(gathered, None if limits is None else _truncation(stack, trials, limits[chosen], level))


def _truncation(stack: Stack, trials: Floats, limits: Floats, centre: Floats) -> TruncationBins:
    near = rounded_trials(trials)
    # Whoever cannot lie above the limit loses nothing by truncation.
    bounded = limits < near
    keys = (near[bounded], limits[bounded], np.round(10.0 * centre[bounded]))
    bins = distinct(stack.select(bounded), *(key.astype(np.int64) for key in keys))
    n, limit, tenths = bins.keys
    pairs, which, _ = distinct_rows(n, limit)
    under = bdtr(pairs[:, 1:], pairs[:, :1].astype(np.int64), expit(_GRID)[None, :])
    size = bins.totals(np.ones(int(bounded.sum())))
    return TruncationBins(bins.stack, tenths / 10.0, size, np.asarray(under, dtype=np.float64)[which])


def rounded_trials(trials: Floats) -> Floats:
    """Return trials rounded to steps of three percent, small ones as they are."""
    return np.asarray(np.where(trials <= 30, trials, np.round(np.exp(np.round(np.log(trials) / 0.03) * 0.03))))


def minus_log_posterior(
    gathered: Gathered, expected: Floats, prior: SpreadPrior
) -> Callable[[Floats, Positions], Curvature]:
    """Return the loss to be minimised: minus the log-likelihood, and the prior of log precision around `expected`."""
    last: list[tuple[bytes, Gathered]] = []

    def loss(point: Floats, at: Positions) -> Curvature:
        # Problems drop out from time to time; between, the same terms are needed again.
        if not last or last[0][0] != at.tobytes():
            last[:] = [(at.tobytes(), gathered.take(at))]
        going = last[0][1]
        curve = Curvature(np.zeros(len(at)), np.zeros((len(at), 2)), np.zeros((len(at), 3)))
        going.terms.add(point, curve)
        if going.truncation is not None:
            going.truncation.add(point, curve)
        away = point[:, 1] - expected[at]
        curve.value[:] += 0.5 * (away / prior.deviation) ** 2
        curve.slope[:, 1] += away / prior.deviation**2
        curve.bend[:, 2] += 1.0 / prior.deviation**2
        return curve

    return loss
