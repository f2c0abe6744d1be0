"""The spread of ordinary peers: a gamma-Poisson null fitted so that the unusual few do not hide themselves.

Peers differ: each has a rate of their own, gamma-distributed around their group's, and their counts given exposure are
Poisson. The count is then negative binomial. Each peer group has its own rate, drawn towards the rate of all (small
groups more than large ones); the shape of the gamma is common to all groups, because a single group has too few events
to tell it.

Fitting this by plain maximum likelihood on everybody lets the very people sought widen the null. The likelihood is
therefore truncated: counts above the fitted 95% point are dropped, the rest is conditioned on lying at or below it, and
the two steps repeat to a fixed point.

Sources: the gamma-Poisson mixture is Greenwood and Yule (1920), JRSS 83:255; drawing group rates towards the common one
is Clayton and Kaldor (1987), Biometrics 43:671; fitting a null to the central part only is Efron (2004), JASA 99:96,
here by truncated likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import betainc, gammaln
from scipy.stats import nbinom

from data.arrays import Array, Floats, Integers, Positions

CUT: Final = 0.95
"""The share of ordinary peers kept by the truncation."""

FEWEST_PEERS: Final = 30
"""Nothing is said of a subject with fewer peers than this who can be compared: there is not enough evidence."""

PRIOR_EVENTS: Final = 10.0
"""How many events at the common rate a group's own rate is mixed with."""

PRIOR_SHAPE: Final = 1.2
"""The shape expected before looking: what lasting differences in complaints among real officers showed (Chicago)."""

PRIOR_SPREAD: Final = 0.75
"""The prior's standard deviation of the log shape: 19 in 20 between 0.28 and 5.2.

Where events are many it does not matter. Where they are few, truncation leaves nothing to tell a wide group from a
narrow one, and without a prior the fit falls for the narrowest there is.
"""

SMALLEST: Final = 1e-300
"""A tail chance is never given as smaller than this: below it, floating numbers run out before certainty does."""

_BOUNDS: Final = ((-3.0, 3.0), (-4.0, 8.0))
_CORNERS: Final = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
_ROUNDS: Final = 30
_STEP: Final = 0.01

_TOLERANCE: Final = 0.01
"""The truncation has reached its fixed point when shape and (on average) rates move by less than one percent."""


def upper_tail(counts: Floats, expected: Floats, shape: float) -> Floats:
    """Return the chance that a peer with this expectation has at least this count.

    Super-uniform under the null: counts are discrete, so the chance of a value at or under u is at most u. Where
    nothing is expected, a count of 0 has chance 1 and any other the smallest there is.

    Example:
        >>> upper_tail(np.array([0.0, 3.0]), np.array([1.0, 1.0]), shape=2.0).round(3).tolist()
        [1.0, 0.111]
    """
    tail = np.asarray(nbinom.sf(counts - 1, shape, _success(expected, shape)), dtype=np.float64)
    return np.maximum(np.where(expected > 0, tail, counts <= 0), SMALLEST)


def interval(expected: Floats, shape: float, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the central range that holds at least this share of peers with these expectations.

    Example:
        >>> low, high = interval(np.array([1.0, 20.0]), shape=2.0)
        >>> low.tolist(), high.tolist()
        ([0.0, 2.0], [4.0, 57.0])
    """
    tail, success = (1 - level) / 2, _success(expected, shape)
    low, high = (np.asarray(nbinom.ppf(at, shape, success), dtype=np.float64) for at in (tail, 1 - tail))
    return np.where(expected > 0, low, 0.0), np.where(expected > 0, high, 0.0)


def _success(expected: Floats, shape: float) -> Floats:
    return shape / (shape + expected)


@dataclass(frozen=True)
class GammaPoissonNull:
    """A fitted null: each group's rate per unit of exposure, and the shape of the gamma that peers' rates follow.

    `rates` and `sizes` are by group number; `sizes` counts the subjects fitted to. A small shape means that peers
    differ widely. `converged` says whether truncation reached its fixed point.
    """

    rates: Floats
    sizes: Integers
    shape: float
    converged: bool

    def expected(self, exposure: Floats, groups: Positions) -> Floats:
        """Return the expected counts for these exposures in these groups."""
        return np.asarray(self.rates[groups] * exposure, dtype=np.float64)


def fit(counts: Floats, exposure: Floats, groups: Positions, *, cut: float = CUT) -> GammaPoissonNull | None:
    """Fit the gamma-Poisson null to subjects in groups by truncated likelihood.

    Takes whole counts, positive exposures and group numbers from 0, one each per subject. Returns None when there are
    fewer than `FEWEST_PEERS` subjects in all. Without any event, every rate is 0. Expectations within one percent of
    each other are taken as equal, so that a large force takes hardly longer to fit than a small one.
    """
    if len(counts) < FEWEST_PEERS:
        return None
    sizes = np.bincount(groups)
    if counts.sum() == 0:
        return GammaPoissonNull(np.zeros(len(sizes)), sizes, 1.0, converged=True)
    # The first fit is to everybody, untruncated, from where the rounds of truncation start.
    rates = _group_rates(counts, exposure, groups, len(sizes))
    point = _maximise(_binned(counts, rates[groups] * exposure, None), np.array([0.0, np.log(2.0)]), step=0.5)
    rates, shape = rates * np.exp(point[0]), float(np.exp(point[1]))
    for _ in range(_ROUNDS):
        highest = limits(rates[groups] * exposure, shape, cut)
        keep = counts <= highest
        # Groups' rates come from everybody, cut down to the limit: to leave those above it out would draw a group that
        # spreads more widely than the others further down at every turn.
        raw = _group_rates(np.minimum(counts, highest), exposure, groups, len(sizes))
        point = np.array([0.0, np.log(shape)])
        # Where nobody below the limit has an event, there is no information on the shape: it stays what it was.
        if counts[keep].any():
            truncated = _binned(counts[keep], raw[groups[keep]] * exposure[keep], highest[keep])
            point = _maximise(truncated, point, step=0.1)
        before, rates, earlier, shape = rates, raw * np.exp(point[0]), shape, float(np.exp(point[1]))
        change = float(np.average(np.abs(np.log(rates / before)), weights=sizes))
        if change < _TOLERANCE and abs(np.log(shape / earlier)) < _TOLERANCE:
            return GammaPoissonNull(rates, sizes, shape, converged=True)
    return GammaPoissonNull(rates, sizes, shape, converged=False)


def _rounded(expected: Floats) -> Floats:
    """Return expectations rounded to steps of one percent."""
    return np.asarray(np.exp(np.round(np.log(expected) / _STEP) * _STEP))


def limits(expected: Floats, shape: float, cut: float) -> Floats:
    """Return the count at or below which a peer with each expectation lies with probability `cut`; at least 1.

    Where hardly anybody has an event, those with none cannot tell how rare the first one is.
    """
    near, which = np.unique(_rounded(expected), return_inverse=True)
    return np.maximum(np.asarray(nbinom.ppf(cut, shape, _success(near, shape)), dtype=np.float64), 1.0)[which]


@dataclass(frozen=True)
class _Binned:
    """Subjects gathered by count, and by expectation and limit: all that the likelihood needs.

    `count` occurs `times`; in each bin of subjects with the same `expected` and `limit` there are `size` subjects with
    `total` events.
    """

    count: Floats
    times: Floats
    expected: Floats
    limit: Floats | None
    size: Floats
    total: Floats


# The log-likelihood needs gammaln at each distinct count and the incomplete beta at each distinct pair of expectation
# and limit. A force of tens of thousands has some hundreds of either, so it costs hardly more than a small one.
def _binned(counts: Floats, expected: Floats, limits: Floats | None) -> _Binned:
    count, times = np.unique(counts, return_counts=True)
    keys = np.column_stack([_rounded(expected), np.zeros(len(counts)) if limits is None else limits])
    bins, which, size = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    total = np.bincount(which.reshape(-1), weights=counts)
    limit = None if limits is None else bins[:, 1]
    return _Binned(count, _floats(times), bins[:, 0], limit, _floats(size), _floats(total))


def _group_rates(counts: Floats, exposure: Floats, groups: Positions, n: int) -> Floats:
    """Return each group's rate, mixed with `PRIOR_EVENTS` events at the common rate."""
    common = counts.sum() / exposure.sum()
    events = np.bincount(groups, weights=counts, minlength=n) + PRIOR_EVENTS
    return np.asarray(events / (np.bincount(groups, weights=exposure, minlength=n) + PRIOR_EVENTS / common))


def _floats(whole: Array) -> Floats:
    return np.asarray(whole, dtype=np.float64)


def _maximise(bins: _Binned, start: Floats, *, step: float) -> Floats:
    """Return the log factor on all expectations and the log shape at which likelihood times prior is largest.

    The likelihood is the negative binomial's, conditioned on each count lying at or below its limit where limits are
    given. The factor makes good what truncation takes from the rates.
    """
    total, people = bins.total.sum(), bins.size.sum()

    def loss(point: Floats) -> float:
        log_factor, log_shape = point
        shape = np.exp(log_shape)
        whole = shape + np.exp(log_factor) * bins.expected
        log_likelihood = (
            np.sum(bins.times * gammaln(bins.count + shape))
            - np.sum((bins.total + bins.size * shape) * np.log(whole))
            + people * (shape * log_shape - gammaln(shape))
            + total * log_factor
        )
        if bins.limit is not None:
            # The distribution function of the negative binomial, as a regularised incomplete beta function.
            log_likelihood -= np.sum(bins.size * np.log(betainc(shape, bins.limit + 1.0, shape / whole)))
        return float(0.5 * ((log_shape - np.log(PRIOR_SHAPE)) / PRIOR_SPREAD) ** 2 - log_likelihood)

    optimum = minimize(
        loss,
        start,
        method="Nelder-Mead",
        bounds=_BOUNDS,
        options={"xatol": 1e-4, "fatol": 1e-6, "initial_simplex": start + step * _CORNERS},
    )
    return np.asarray(optimum.x, dtype=np.float64)
