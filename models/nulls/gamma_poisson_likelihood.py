"""The truncated likelihood of the gamma-Poisson null for many samples at once, with its slopes and bends.

The two parameters of a sample are u, the log factor on all expectations, and t, the log shape. All derivatives are in
closed form but two: those of the incomplete beta function by its shape are differences of that function itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betainc, betaln, gammaln, psi, zeta

from data.arrays import Bools, Floats, Positions
from models.nulls.newton import Curvature
from models.nulls.stacks import Samples, Stack, distinct
from models.nulls.truncated import SpreadPrior

STEP: Final = 0.01
"""Expectations are rounded to steps of one percent."""

_DIFFERENCE: Final = 1e-4


@dataclass(frozen=True)
class CountedBins:
    """Subjects gathered by count, and by expectation and limit: all that the likelihood needs, stacked by sample.

    `count` occurs `times`; in each bin of subjects with the same `expected` and `limit` there are `size` subjects with
    `total` events. A force of tens of thousands has some hundreds of either, so it costs hardly more than a small one.
    """

    counts: Stack
    count: Floats
    times: Floats
    bins: Stack
    expected: Floats
    limit: Floats | None
    size: Floats
    total: Floats

    @property
    def events(self) -> Floats:
        """How many events there are in each sample."""
        return self.bins.sums(self.total)

    def take(self, at: Positions) -> CountedBins:
        """Return the samples at these positions, in ascending order."""
        rows = [of.within(at) for of in (self.counts, self.bins)]
        limit = None if self.limit is None else self.limit[rows[1]]
        return CountedBins(
            counts=Stack(self.counts.sizes[at]),
            count=self.count[rows[0]],
            times=self.times[rows[0]],
            bins=Stack(self.bins.sizes[at]),
            expected=self.expected[rows[1]],
            limit=limit,
            size=self.size[rows[1]],
            total=self.total[rows[1]],
        )


def counted(samples: Samples, centre: Floats, kept: Bools, limits: Floats | None) -> CountedBins:
    """Gather the entries kept; `centre` holds the log of what is expected of each."""
    stack, counts = samples.entries.select(kept), samples.counts[kept]
    by_count = distinct(stack, counts.astype(np.int64))
    steps = np.round(centre[kept] / STEP).astype(np.int64)
    keys = (steps,) if limits is None else (steps, limits[kept].astype(np.int64))
    bins = distinct(stack, *keys)
    ones = np.ones(len(counts))
    return CountedBins(
        counts=by_count.stack,
        count=by_count.keys[0].astype(np.float64),
        times=by_count.totals(ones),
        bins=bins.stack,
        expected=np.exp(bins.keys[0] * STEP),
        limit=None if limits is None else bins.keys[1].astype(np.float64),
        size=bins.totals(ones),
        total=bins.totals(counts),
    )


def minus_log_posterior(bins: CountedBins, prior: SpreadPrior) -> Callable[[Floats, Positions], Curvature]:
    """Return the loss to be minimised: minus the log-likelihood, and the prior of the log shape.

    The likelihood is the negative binomial's, conditioned on each count lying at or below its limit where limits are
    given.
    """
    last: list[tuple[bytes, CountedBins]] = []

    def loss(point: Floats, at: Positions) -> Curvature:
        # Problems drop out from time to time; between, the same bins are needed again.
        if not last or last[0][0] != at.tobytes():
            last[:] = [(at.tobytes(), bins.take(at))]
        going = last[0][1]
        curve = _likelihood(going, point)
        if going.limit is not None:
            _truncate(going, point, going.limit, curve)
        curve.value[:] += prior.penalty(point[:, 1])
        curve.slope[:, 1] += (point[:, 1] - np.log(prior.shape)) / prior.deviation**2
        curve.bend[:, 2] += 1.0 / prior.deviation**2
        return curve

    return loss


def _likelihood(bins: CountedBins, point: Floats) -> Curvature:
    """Return the curve of minus the untruncated log-likelihood."""
    r, people, events = np.exp(point[:, 1]), bins.bins.sums(bins.size), bins.events
    mean, own = np.exp(point[:, 0])[bins.bins.owner] * bins.expected, r[bins.bins.owner]
    whole = own + mean
    chance, log_whole = own / whole, np.log(whole)
    events_and_shape = bins.total + bins.size * own
    above = bins.count + r[bins.counts.owner]
    by_count, sums = bins.counts.sums, bins.bins.sums
    value = by_count(bins.times * gammaln(above)) - sums(events_and_shape * log_whole)
    value += people * (r * point[:, 1] - gammaln(r)) + events * point[:, 0]
    shape = r * (by_count(bins.times * psi(above)) + people * (point[:, 1] + 1.0 - psi(r)))
    by_shape = shape - sums(bins.size * own * log_whole + events_and_shape * chance)
    by_factor = events - sums(events_and_shape * (1.0 - chance))
    spread = events_and_shape * chance * (1.0 - chance)
    bend_shape = shape + r * people + r**2 * (by_count(bins.times * zeta(2.0, above)) - people * zeta(2.0, r))
    bend_shape -= sums(bins.size * own * (log_whole + 2.0 * chance) + spread)
    mixed = sums(spread - bins.size * own * (1.0 - chance))
    bend = np.column_stack([-sums(spread), mixed, bend_shape])
    return Curvature(-value, -np.column_stack([by_factor, by_shape]), -bend)


def _truncate(bins: CountedBins, point: Floats, limit: Floats, curve: Curvature) -> None:
    """Add to a curve the log chance that everybody lies at or below their limit."""
    log_factor, log_shape = point[bins.bins.owner].T
    mean = np.exp(log_factor) * bins.expected
    log_chance, lower, higher = (
        _log_chance(limit, mean, np.exp(log_shape + step)) for step in (0.0, -_DIFFERENCE, _DIFFERENCE)
    )
    r = np.exp(log_shape)
    p = r / (r + mean)
    with np.errstate(divide="ignore"):
        # Where next to nothing is expected p rounds to 1: nobody lies beyond the limit, and the hazard is exactly 0.
        log_p, log_q = np.log(p), np.log1p(-p)
    hazard = np.exp(r * log_p + (limit + 1.0) * log_q - betaln(r, limit + 1.0) - log_chance)
    by_shape = (higher - lower) / (2.0 * _DIFFERENCE)
    bend_shape = (higher - 2.0 * log_chance + lower) / _DIFFERENCE**2
    hazard_by_shape = r * (log_p + 1.0 - p - psi(r) + psi(r + limit + 1.0)) - (limit + 1.0) * p
    bend_factor = -hazard * ((limit + 1.0) * p - r * (1.0 - p) + hazard)
    mixed = -hazard * (hazard_by_shape - by_shape)
    curve.value[:] += bins.bins.sums(bins.size * log_chance)
    for column, each in enumerate((-hazard, by_shape)):
        curve.slope[:, column] += bins.bins.sums(bins.size * each)
    for column, each in enumerate((bend_factor, mixed, bend_shape)):
        curve.bend[:, column] += bins.bins.sums(bins.size * each)


def _log_chance(limit: Floats, mean: Floats, shape: Floats) -> Floats:
    """Return the log distribution function of the negative binomial, as a regularised incomplete beta function."""
    return np.asarray(np.log(np.maximum(betainc(shape, limit + 1.0, shape / (shape + mean)), 1e-300)))
