"""The spread of ordinary rates where a small class of ordinary people has a rate several times the others'.

A gamma-Poisson null is fitted to the middle of a force and asked about its far end. In public records of complaints
(Chicago, 3,900 to 4,200 officers next to peers of the same rank and district, over five years) it gives five to seven
times as many officers a chance of one in a thousand as there should be, and in drawn forces it takes ordinary people
for impossible. What fits there are two classes: people vary as a gamma distribution, and a few in a hundred have
several times the rate that they would have otherwise. Nothing but their number tells them from the others; they are
ordinary.

What the gamma-Poisson null expects of each person is kept. A common factor on it, the gamma's shape, the share of the
class and its multiple are not estimated but averaged over what the force leaves possible of them, with a prior. Counts
above the 99% point of the gamma-Poisson null only say that they lie above it: how many such people there are tells how
large the class is, and how far up the very people sought lie does not lengthen the tail.

Sources: mixtures of negative binomial counts for people with repeated events are Greenwood and Yule (1920), JRSS
83:255, and, with classes, Nagin and Land (1993), Criminology 31:327; averaging over what is not known of a tail is
Draper (1995), JRSS B 57:45.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.special import gammaln

from data.arrays import Floats, Integers
from models.nulls import negative_binomial
from models.nulls.stacks import distinct_rows
from models.nulls.truncated import ORDINARY_SPREAD, SMALLEST

STEP: Final = 0.05
"""Expectations are taken as equal where their logarithms round to the same multiple of this."""

SHAPES: Final = np.exp(np.linspace(np.log(0.25), np.log(32.0), 15))
"""The shapes of the gamma that are considered: from factors of ten between people to hardly any difference."""

SHARES: Final = np.array([0.001, 0.003, 0.01, 0.02, 0.04, 0.08])
"""The shares of ordinary people in the class with a higher rate that are considered."""

EXPECTED_SHARE: Final = (0.04, 1.0)
"""The share expected before looking, and the standard deviation of its logarithm: wide.

In the public records of Chicago the likelihood over five years of complaints is largest at 4%, 4% and 8% (as of 2006,
2008 and 2010).
"""

EXPECTED_MULTIPLE: Final = (4.5, 0.4)
"""The multiple expected before looking, and the standard deviation of its logarithm.

At 4.5, 4.5 and 3 in the same years of Chicago; 5.4 is the best fit to what is published of repeated cases in London.
"""

CENSORED: Final = 0.99
"""Above this point of the gamma-Poisson null a count says no more than that it lies there."""

_MULTIPLES: Final = np.array([14, 22, 30, 38, 44, 52])
_FACTORS: Final = np.arange(-24, 11, 2)
"""Logarithms of multiples (2 to 13) and of the common factor (0.3 to 1.6), in steps."""

_OFFSETS: Final = np.unique(_FACTORS[:, None] + np.concatenate([[0], _MULTIPLES])[None, :])
_NEGLIGIBLE: Final = 1e-12


@dataclass(frozen=True)
class RateClassesNull:
    """A fitted null: how probable each shape is together with each factor on what is expected of a person.

    `weight` has a row for each of `SHAPES` and a column for each factor that is considered, and sums to one. `share`
    and `multiple` are what is expected of the class with a higher rate.
    """

    weight: Floats
    share: float
    multiple: float

    def upper_tail(self, counts: Floats, expected: Floats) -> Floats:
        """Return the chance that somebody ordinary of whom so many are expected has at least this count.

        Expectations are positive. Counts are discrete, so under the null the chance of a value at or under u is at most
        u.
        """
        keys, which, _ = distinct_rows(counts, _steps(expected))
        return self._tails(keys[:, 0], keys[:, 1])[which]

    def expected(self, expected: float) -> float:
        """Return the count that somebody ordinary has on average where the gamma-Poisson null expects so many."""
        return float(expected * np.sum(self.weight.sum(axis=0) * np.exp(STEP * _OFFSETS)))

    def interval(self, expected: float, *, level: float = 0.95) -> tuple[float, float]:
        """Return the central range that holds at least this share of ordinary people with this expectation."""
        step = float(_steps(np.array([expected]))[0])
        # Many people have the same expectation, and everybody's range is asked for.
        if (step, level) not in self._intervals:
            tail = (1 - level) / 2
            self._intervals[step, level] = self._least(1 - tail, step), self._least(tail, step)
        return self._intervals[step, level]

    @cached_property
    def _intervals(self) -> dict[tuple[float, float], tuple[float, float]]:
        return {}

    def _least(self, above: float, step: float) -> float:
        """Return the least count that is exceeded with a chance of less than this."""
        low, high = 0, 16
        while self._exceeded(np.array([high]), step)[0] >= above:
            low, high = high, 8 * high
        while high - low > 1:
            counts = np.unique(np.linspace(low, high, 17).astype(np.int64))
            under = int(np.flatnonzero(self._exceeded(counts, step) < above)[0])
            if not under:
                return float(counts[0])
            low, high = int(counts[under - 1]), int(counts[under])
        return float(low if self._exceeded(np.array([low]), step)[0] < above else high)

    def _exceeded(self, counts: Integers, step: float) -> Floats:
        return self._tails((counts + 1).astype(np.float64), np.full(len(counts), step))

    def _tails(self, counts: Floats, steps: Floats) -> Floats:
        shapes, factors, weights = self._parts
        expected = factors[:, None] * np.exp(STEP * steps)
        tails = negative_binomial.upper_tail(counts, shapes[:, None], shapes[:, None] / (shapes[:, None] + expected))
        total = np.zeros(len(counts))
        # Added up one after the other: a sum over an axis takes another order where there is one person only.
        for weight, tail in zip(weights.tolist(), tails, strict=True):
            total += weight * tail
        return np.asarray(np.clip(total, SMALLEST, 1.0))

    @cached_property
    def _parts(self) -> tuple[Floats, Floats, Floats]:
        """Shapes, factors and weights of whatever weighs anything."""
        rows, columns = np.nonzero(self.weight > _NEGLIGIBLE)
        return SHAPES[rows], np.exp(STEP * _OFFSETS[columns]), self.weight[rows, columns]


def fit_rate_classes(counts: Floats, expected: Floats, shape: float) -> RateClassesNull:
    """Fit the null to counts beside what a gamma-Poisson null of this shape expects of each person.

    Counts are whole, and expectations positive. What it comes to does not depend on the order of people.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> rates = rng.gamma(2.0, 0.5, 2000) * np.where(rng.random(2000) < 0.04, 5.0, 1.0)
        >>> null = fit_rate_classes(rng.poisson(rates).astype(float), np.ones(2000), 1.5)
        >>> bool(0.01 < null.share < 0.08 and 3.0 < null.multiple < 7.0)
        True
    """
    bins = _Bins.of(counts, expected, shape)
    log_posterior = np.stack([bins.log_likelihood(float(one)) for one in SHAPES]) + _log_prior()
    weight = np.exp(log_posterior - log_posterior.max())
    weight /= weight.sum()
    offsets = np.zeros((len(SHAPES), len(_OFFSETS)))
    place = np.searchsorted(_OFFSETS, _FACTORS)
    offsets[:, place] += (weight * (1.0 - SHARES)).sum(axis=(2, 3))
    for at, multiple in enumerate(_MULTIPLES):
        place = np.searchsorted(_OFFSETS, _FACTORS + multiple)
        offsets[:, place] += (weight[:, :, at] * SHARES).sum(axis=2)
    return RateClassesNull(
        offsets,
        share=float((weight.sum(axis=(0, 1, 2)) * SHARES).sum()),
        multiple=float((weight.sum(axis=(0, 1, 3)) * np.exp(STEP * _MULTIPLES)).sum()),
    )


def _log_prior() -> Floats:
    """Return the log prior of each shape, factor (all alike), multiple and share."""
    shape = -ORDINARY_SPREAD.penalty(np.log(SHAPES))[:, None, None, None]
    multiple = _log_normal(np.exp(STEP * _MULTIPLES), EXPECTED_MULTIPLE)[None, None, :, None]
    return np.asarray(shape + multiple + _log_normal(SHARES, EXPECTED_SHARE)[None, None, None, :])


def _log_normal(values: Floats, expected: tuple[float, float]) -> Floats:
    centre, deviation = expected
    return np.asarray(-0.5 * (np.log(values / centre) / deviation) ** 2)


def _steps(expected: Floats) -> Floats:
    return np.asarray(np.round(np.log(expected) / STEP))


@dataclass(frozen=True)
class _Bins:
    """People gathered by count and expectation; those above their limit stand at the least count that lies there."""

    size: Floats
    count: Floats
    expected: Floats
    above: Integers

    @classmethod
    def of(cls, counts: Floats, expected: Floats, shape: float) -> _Bins:
        steps, which = np.unique(_steps(expected), return_inverse=True)
        means = np.exp(STEP * steps)
        # Where hardly anybody has an event, the first one is not yet above anything.
        limits = np.maximum(negative_binomial.quantile(CENSORED, shape, shape / (shape + means)), 1.0)[which]
        above = counts > limits
        bins, _, size = distinct_rows(np.where(above, limits + 1.0, counts), steps[which], above)
        return cls(size, bins[:, 0], np.exp(STEP * bins[:, 1]), np.flatnonzero(bins[:, 2]))

    def log_likelihood(self, shape: float) -> Floats:
        """Return the log-likelihood at a shape of each factor, multiple and share."""
        chance = self._chances(shape)
        ordinary = chance[np.searchsorted(_OFFSETS, _FACTORS)]
        values = np.empty((len(_FACTORS), len(_MULTIPLES), len(SHARES)))
        share = SHARES[:, None, None]
        for at, multiple in enumerate(_MULTIPLES):
            higher = chance[np.searchsorted(_OFFSETS, _FACTORS + multiple)]
            values[:, at, :] = (self.size * np.log((1.0 - share) * ordinary + share * higher)).sum(axis=2).T
        return values

    def _chances(self, shape: float) -> Floats:
        """Return the chance of each bin's count, or of one above its limit, at each factor on what is expected."""
        mean = np.exp(STEP * _OFFSETS)[:, None] * self.expected[None, :]
        log_whole = np.log(shape + mean)
        log_chance = gammaln(self.count + shape) - gammaln(shape) - gammaln(self.count + 1.0)
        log_chance = log_chance + shape * (np.log(shape) - log_whole) + self.count * (np.log(mean) - log_whole)
        chance = np.exp(log_chance)
        success = shape / (shape + mean[:, self.above])
        chance[:, self.above] = negative_binomial.upper_tail(self.count[self.above], shape, success)
        return np.asarray(np.maximum(chance, SMALLEST))
