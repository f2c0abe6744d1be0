"""The spread of ordinary peers: a gamma-Poisson null fitted so that the unusual few do not hide themselves.

Peers differ: each has a rate of their own, gamma-distributed around their group's, and their counts given exposure are
Poisson. The count is then negative binomial. Each peer group has its own rate, drawn towards the rate of all (small
groups more than large ones); the shape of the gamma is common to all groups, because a single group has too few events
to tell it. How the unusual few are kept from widening the null says `models.nulls.truncated`.

Sources: the gamma-Poisson mixture is Greenwood and Yule (1920), JRSS 83:255; drawing group rates towards the common one
is Clayton and Kaldor (1987), Biometrics 43:671.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.arrays import Bools, Floats, Integers, Positions
from data.memo import recall_each
from models.nulls import negative_binomial
from models.nulls.gamma_poisson_likelihood import STEP, counted, minus_log_posterior
from models.nulls.newton import minimise
from models.nulls.stacks import Samples, blocks, distinct, stack
from models.nulls.truncated import (
    CUT,
    FEWEST_PEERS,
    ORDINARY_SPREAD,
    PRIOR_EVENTS,
    SMALLEST,
    SpreadPrior,
    Turns,
    fit_truncated,
)

_LOW: Final = np.array([-3.0, -4.0])
_HIGH: Final = np.array([3.0, 8.0])
_START: Final = float(np.log(2.0))
_TURNS: Final = Turns(most=30, tolerance=0.01)


def upper_tail(counts: Floats, expected: Floats, shape: float) -> Floats:
    """Return the chance that a peer with this expectation has at least this count.

    Super-uniform under the null: counts are discrete, so the chance of a value at or under u is at most u. Where
    nothing is expected, a count of 0 has chance 1 and any other the smallest there is.

    Example:
        >>> upper_tail(np.array([0.0, 3.0]), np.array([1.0, 1.0]), shape=2.0).round(3).tolist()
        [1.0, 0.111]
    """
    tail = negative_binomial.upper_tail(counts, shape, _success(expected, shape))
    return np.maximum(np.where(expected > 0, tail, counts <= 0), SMALLEST)


def interval(expected: Floats, shape: float, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the central range that holds at least this share of peers with these expectations.

    Example:
        >>> low, high = interval(np.array([1.0, 20.0]), shape=2.0)
        >>> low.tolist(), high.tolist()
        ([0.0, 2.0], [4.0, 57.0])
    """
    tail, success = (1 - level) / 2, _success(expected, shape)
    low, high = (negative_binomial.quantile(at, shape, success) for at in (tail, 1 - tail))
    return np.where(expected > 0, low, 0.0), np.where(expected > 0, high, 0.0)


def _success(expected: Floats, shape: float) -> Floats:
    return shape / (shape + expected)


@dataclass(frozen=True)
class GammaPoissonNull:
    """A fitted null: each group's rate per unit of exposure, and the shape of the gamma that peers' rates follow.

    `rates` and `sizes` are by group number; `sizes` counts the subjects fitted to. A small shape means that peers
    differ widely. `converged` says whether truncation came to rest; without, no p-value is to be given by it.
    """

    rates: Floats
    sizes: Integers
    shape: float
    converged: bool

    def expected(self, exposure: Floats, groups: Positions) -> Floats:
        """Return the expected counts for these exposures in these groups."""
        return np.asarray(self.rates[groups] * exposure, dtype=np.float64)


def fit(counts: Floats, exposure: Floats, groups: Positions, *, cut: float = CUT) -> GammaPoissonNull | None:
    """Fit the gamma-Poisson null to subjects in groups: `fit_gamma_poissons` for a single series."""
    return fit_gamma_poissons([counts], [exposure], [groups], cut=cut)[0]


def fit_gamma_poissons(
    counts: Sequence[Floats],
    exposures: Sequence[Floats],
    groups: Sequence[Positions],
    *,
    spread_prior: SpreadPrior = ORDINARY_SPREAD,
    cut: float = CUT,
) -> list[GammaPoissonNull | None]:
    """Fit the gamma-Poisson null to many series at once, each to its own subjects in groups, by truncated likelihood.

    Takes, for each series, whole counts, positive exposures and group numbers from 0, one each per subject. Gives None
    for a series with fewer than `FEWEST_PEERS` subjects in all. Without any event, every rate is 0. `spread_prior` says
    what is expected of the shape before looking, of every series alike. Expectations within one percent of each other
    are taken as equal, so that a large force takes hardly longer to fit than a small one. What a series comes to does
    not depend, in any bit, on those fitted beside it.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> counts = [rng.poisson(rng.gamma(2.0, 1.5, 900)).astype(float) for _ in range(3)]
        >>> nulls = fit_gamma_poissons(counts, [np.ones(900)] * 3, [np.zeros(900, dtype=np.intp)] * 3)
        >>> [round(null.shape, 1) for null in nulls if null is not None]
        [2.5, 2.0, 2.0]
    """
    inputs = [(*each, spread_prior, cut) for each in zip(counts, exposures, groups, strict=True)]

    def fit_those(at: list[int]) -> list[GammaPoissonNull | None]:
        chosen_counts, chosen_exposures = [counts[n] for n in at], [exposures[n] for n in at]
        return _fit_those(chosen_counts, chosen_exposures, [groups[n] for n in at], spread_prior=spread_prior, cut=cut)

    return recall_each("gamma_poisson", inputs, fit_those)


def _fit_those(
    counts: Sequence[Floats],
    exposures: Sequence[Floats],
    groups: Sequence[Positions],
    *,
    spread_prior: SpreadPrior,
    cut: float,
) -> list[GammaPoissonNull | None]:
    nulls: list[GammaPoissonNull | None] = [None] * len(counts)
    for at, count in enumerate(counts):
        if len(count) >= FEWEST_PEERS and not count.any():
            sizes = np.bincount(groups[at])
            nulls[at] = GammaPoissonNull(np.zeros(len(sizes)), sizes, 1.0, converged=True)
    fitted = [at for at, count in enumerate(counts) if len(count) >= FEWEST_PEERS and count.any()]
    for block in blocks([len(counts[at]) for at in fitted]):
        chosen = [fitted[n] for n in block]
        samples = stack(
            [counts[at] for at in chosen],
            [exposures[at] for at in chosen],
            [groups[at] for at in chosen],
            offsets=[np.log(exposures[at]) for at in chosen],
        )
        start = np.full(samples.n, _START)
        fits = fit_truncated(GammaPoissonFamily(spread_prior), samples, start, turns=_TURNS, cut=cut)
        for at, fit in zip(chosen, fits, strict=True):
            shape = float(np.exp(fit.log_spread))
            nulls[at] = GammaPoissonNull(np.exp(fit.levels), fit.sizes, shape, converged=fit.converged)
    return nulls


@dataclass(frozen=True)
class GammaPoissonFamily:
    """The gamma-Poisson family: a group's level is its log rate, the log spread the log shape of the gamma."""

    prior: SpreadPrior

    def levels(self, samples: Samples, counts: Floats, log_spread: Floats) -> Floats:
        """Return each group's log rate, mixed with `PRIOR_EVENTS` events at the common rate."""
        common = samples.entries.sums(counts) / samples.entries.sums(samples.opportunity)
        exposure = samples.group_totals(samples.opportunity) + PRIOR_EVENTS / common[samples.groups.owner]
        return np.asarray(np.log((samples.group_totals(counts) + PRIOR_EVENTS) / exposure))

    def maximise(
        self, samples: Samples, centre: Floats, kept: Bools, limits: Floats | None, log_spread: Floats
    ) -> tuple[Floats, Floats]:
        """Return the log factor on all expectations, which makes good what truncation takes, and the log shape."""
        bins = counted(samples, centre, kept, limits)
        # Where nobody below the limit has an event, there is no information on the shape: it stays what it was.
        informed = np.flatnonzero(bins.events > 0)
        start = np.column_stack([np.zeros(samples.n), log_spread])
        start[informed] = minimise(
            minus_log_posterior(bins.take(informed), self.prior),
            start[informed],
            np.tile(_LOW, (len(informed), 1)),
            np.tile(_HIGH, (len(informed), 1)),
        )
        return start[:, 0], start[:, 1]

    def limits(self, samples: Samples, centre: Floats, log_spread: Floats, cut: float) -> Floats:
        """Return the count at or below which each subject lies with probability `cut`; at least 1."""
        steps = np.round(centre / STEP)
        near = distinct(samples.entries, steps.astype(np.int64))
        shape = np.exp(log_spread)[near.stack.owner]
        return _limits(np.exp(near.keys[0] * STEP), shape, cut)[near.which]


def limits(expected: Floats, shape: float, cut: float) -> Floats:
    """Return the count at or below which a peer with each expectation lies with probability `cut`; at least 1.

    Where hardly anybody has an event, those with none cannot tell how rare the first one is.
    """
    near, which = np.unique(np.round(np.log(expected) / STEP), return_inverse=True)
    return _limits(np.exp(near * STEP), np.full(len(near), shape), cut)[which]


def _limits(expected: Floats, shape: Floats, cut: float) -> Floats:
    return np.maximum(negative_binomial.quantile(cut, shape, shape / (shape + expected)), 1.0)
