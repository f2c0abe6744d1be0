"""The spread of ordinary shares: a beta-binomial null fitted so that the unusual few do not hide themselves.

Peers differ: each has a share of their own, beta-distributed around their group's, and hits out of trials given it are
binomial. The hits are then beta-binomial. Each peer group has its own mean, drawn towards that of all (small groups
more than large ones); the precision (the sum of the beta's two parameters) is common to all groups. How the unusual few
are kept from widening the null says `models.nulls.truncated`.

Tails are summed here and not by `scipy.stats.betabinom`: its survival function is one minus a sum, which is rounding
error below about 1e-12, where the strongest evidence lies; and it walks through the support of one subject at a time,
where a force has tens of thousands.

Source: the beta-binomial is Skellam (1948), JRSS B 10:257.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaln, expit, gammaln, logit

from data.arrays import Bools, Floats, Positions
from data.memo import recall_each
from models.nulls.beta_binomial_likelihood import gather, minus_log_posterior, rounded_trials
from models.nulls.newton import minimise
from models.nulls.stacks import Samples, Stack, blocks, distinct, stack
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

MOST_FITTED: Final = 4000
"""Spread and shift are fitted to so many subjects at most, evenly spaced; group means to all."""

WIDEST: Final = 0.09
"""Peers are never taken to differ more widely than with this smaller parameter of the beta: most then have nothing."""

_AT_ONCE: Final = 32
"""So many counts are tried at once on the way up to a limit."""

_FINEST: Final = 20_000.0
_FURTHEST: Final = 4.0
_EXTREME: Final = 16.0
_TURNS: Final = Turns(most=11, tolerance=0.02)


@dataclass(frozen=True)
class BetaBinomialNull:
    """A fitted null: the log-odds of each group's mean share, and the precision with which peers' shares lie about it.

    `logits` and `sizes` are by group number; `sizes` counts the subjects fitted to. A small precision means that peers
    differ widely. `converged` says whether truncation came to rest; without, no p-value is to be given by it.
    """

    logits: Floats
    sizes: Positions
    precision: float
    converged: bool

    def weight(self, trials: Floats) -> Floats:
        """Return how much each of a subject's trials tells of its group: the less, the more of them there are."""
        return np.asarray((self.precision + 1.0) / (self.precision + trials))

    def mean(self, groups: Positions, offset: Floats | None = None) -> Floats:
        """Return the mean share for subjects in these groups; `offset` is what to add to the log-odds of each."""
        own = self.logits[groups]
        return np.asarray(expit(own if offset is None else own + offset))


def fit(
    hits: Floats,
    trials: Floats,
    groups: Positions,
    *,
    offset: Floats | None = None,
    least: float | None = None,
    cut: float = CUT,
) -> BetaBinomialNull | None:
    """Fit the beta-binomial null to subjects in groups: `fit_beta_binomials` for a single series."""
    return fit_beta_binomials([hits], [trials], [groups], offsets=[offset], least=least, cut=cut)[0]


def fit_beta_binomials(
    hits: Sequence[Floats],
    trials: Sequence[Floats],
    groups: Sequence[Positions],
    *,
    offsets: Sequence[Floats | None] | None = None,
    least: float | None = None,
    spread_prior: SpreadPrior = ORDINARY_SPREAD,
    cut: float = CUT,
) -> list[BetaBinomialNull | None]:
    """Fit the beta-binomial null to many series at once, each to its own subjects in groups, by truncated likelihood.

    Takes, for each series, whole hits and trials, at least one trial each, and group numbers from 0, one each per
    subject; where there are no peer groups, all are 0. `offsets` are added to the log-odds of a subject's mean share,
    for opportunities that differ in a known way. `least` is a mean share below which no group's is taken to lie.
    `spread_prior` says what is expected of the spread between people before looking, of every series alike: where hits
    are rare it, and not the few hits there are, says how far people differ. Gives None for a series of fewer than
    `FEWEST_PEERS` subjects in all, or where no trial or every one is a hit. What a series comes to does not depend, in
    any bit, on those fitted beside it.

    Example:
        >>> rng = np.random.default_rng(3)
        >>> trials = [np.full(600, 40.0), np.full(900, 25.0)]
        >>> hits = [rng.binomial(40, rng.beta(1, 9, 600)).astype(float), rng.binomial(25, rng.beta(2, 8, 900)) * 1.0]
        >>> groups = [np.zeros(600, dtype=np.intp), np.zeros(900, dtype=np.intp)]
        >>> nulls = fit_beta_binomials(hits, trials, groups, spread_prior=SpreadPrior(shape=1.5, deviation=0.5))
        >>> [(round(null.precision), null.mean(np.array([0])).round(1).tolist()) for null in nulls if null is not None]
        [(11, [0.1]), (10, [0.2])]
        >>> chances = upper_tail(np.array([20.0]), np.array([40.0]), nulls[0].mean(np.array([0])), nulls[0].precision)
        >>> bool(chances[0] < 0.01)
        True
    """
    added = [None] * len(hits) if offsets is None else list(offsets)
    inputs = [(*each, least, spread_prior, cut) for each in zip(hits, trials, groups, added, strict=True)]

    def fit_those(at: list[int]) -> list[BetaBinomialNull | None]:
        chosen = [hits[n] for n in at], [trials[n] for n in at]
        own = [groups[n] for n in at], [added[n] for n in at]
        return _fit_those(*chosen, *own, least=least, spread_prior=spread_prior, cut=cut)

    return recall_each("beta_binomial", inputs, fit_those)


def _fit_those(
    hits: Sequence[Floats],
    trials: Sequence[Floats],
    groups: Sequence[Positions],
    added: Sequence[Floats | None],
    *,
    least: float | None,
    spread_prior: SpreadPrior,
    cut: float,
) -> list[BetaBinomialNull | None]:
    enough = [n for n, x in enumerate(hits) if len(x) >= FEWEST_PEERS and 0 < x.sum() < trials[n].sum()]
    nulls: list[BetaBinomialNull | None] = [None] * len(hits)
    for block in blocks([len(hits[n]) for n in enough]):
        at = [enough[n] for n in block]
        samples = stack(
            [hits[n] for n in at],
            [trials[n] for n in at],
            [groups[n] for n in at],
            offsets=[added[n] for n in at],
            most_sampled=MOST_FITTED,
            least=None if least is None else [float(logit(least))] * len(at),
        )
        share = samples.entries.sums(samples.counts) / samples.entries.sums(samples.opportunity)
        start = np.log(_expected_precision(share, spread_prior))
        fits = fit_truncated(BetaBinomialFamily(spread_prior), samples, start, turns=_TURNS, cut=cut)
        for n, fit in zip(at, fits, strict=True):
            precision = float(np.exp(fit.log_spread))
            nulls[n] = BetaBinomialNull(fit.levels, fit.sizes, precision, converged=fit.converged)
    return nulls


def _expected_precision(share: Floats, prior: SpreadPrior) -> Floats:
    """Return the precision expected before looking: for rare hits that of the gamma-Poisson null's prior shape."""
    return prior.shape / (share * (1.0 - share))


@dataclass(frozen=True)
class BetaBinomialFamily:
    """The beta-binomial family: a group's level is the log-odds of its mean, the log spread the log precision."""

    prior: SpreadPrior

    def levels(self, samples: Samples, counts: Floats, log_spread: Floats) -> Floats:
        """Return the log-odds at which each group's expected hits equal those seen, mixed with some at everybody's.

        A subject with many trials counts for little more than one whose own share is known: trials are weighted as the
        variance of a beta-binomial asks for, or the busiest few would set the mean.
        """
        precision = np.exp(log_spread)[samples.entries.owner]
        weight = (precision + 1.0) / (precision + samples.opportunity)
        hits, trials = counts * weight, samples.opportunity * weight
        share = np.maximum(samples.entries.sums(hits), 1e-9) / samples.entries.sums(trials)
        start, none = np.clip(logit(share), -_EXTREME, _EXTREME), np.zeros(samples.n)
        everybody = Stack(np.ones(samples.n, dtype=np.intp))
        common = _log_odds(_Balance(everybody, samples.entries.owner, hits, trials, samples.offset, none, start))
        of_group = common[samples.groups.owner]
        prior = PRIOR_EVENTS / expit(of_group)
        own = _log_odds(_Balance(samples.groups, samples.group, hits, trials, samples.offset, prior, of_group))
        return np.maximum(own, samples.least[samples.groups.owner])

    def maximise(
        self, samples: Samples, centre: Floats, kept: Bools, limits: Floats | None, log_spread: Floats
    ) -> tuple[Floats, Floats]:
        """Return the shift of all log-odds (0 where a least mean share is given) and the log precision."""
        chosen = kept & samples.sampled
        stack, trials = samples.entries.select(chosen), samples.opportunity[chosen]
        share = stack.sums(trials * expit(centre[chosen])) / stack.sums(trials)
        expected = np.log(_expected_precision(share, self.prior))
        widest = expected - np.log(self.prior.shape / WIDEST)
        finest = np.maximum(np.log(_FINEST), expected + 1.0)
        furthest = np.where(np.isneginf(samples.least), _FURTHEST, 0.0)
        loss = minus_log_posterior(gather(samples, centre, chosen, limits), expected, self.prior)
        start = np.column_stack([np.zeros(samples.n), log_spread])
        point = minimise(loss, start, np.column_stack([-furthest, widest]), np.column_stack([furthest, finest]))
        return point[:, 0], point[:, 1]

    def limits(self, samples: Samples, centre: Floats, log_spread: Floats, cut: float) -> Floats:
        """Return the number of hits at or below which each subject lies with probability `cut`; at least 1."""
        return _limits(samples.entries, samples.opportunity, centre, np.exp(log_spread), cut)


@dataclass(frozen=True)
class _Balance:
    """Weighted hits and trials of groups, with as many `prior` trials at the log-odds `start` as are mixed in."""

    groups: Stack
    group: Positions
    hits: Floats
    trials: Floats
    offset: Floats
    prior: Floats
    start: Floats


def _log_odds(balance: _Balance) -> Floats:
    """Return the log-odds of each group at which its expected hits equal those seen.

    By Newton's method on the log-odds of all groups at once. Steps are cut to one unit: far from the solution, where
    nearly everything or nearly nothing is a hit, the slope is almost flat and a full step would overshoot.
    """
    group, trials, centre = balance.group, balance.trials, balance.start
    n = len(centre)
    target = np.bincount(group, weights=balance.hits, minlength=n) + balance.prior * expit(balance.start)
    going = np.ones(n, dtype=np.bool_)
    for _ in range(25):
        rows = going[group]
        share = expit(centre[group[rows]] + balance.offset[rows])
        own = expit(centre)
        weighted = trials[rows] * share
        expected = np.bincount(group[rows], weights=weighted, minlength=n) + balance.prior * own
        slope = np.bincount(group[rows], weights=weighted * (1.0 - share), minlength=n)
        step = np.clip((target - expected) / np.maximum(slope + balance.prior * own * (1.0 - own), 1e-12), -1.0, 1.0)
        centre = np.where(going, centre + step, centre)
        going &= np.abs(step) > 1e-10
        if not going.any():
            break
    return np.asarray(np.clip(centre, -_EXTREME, _EXTREME))


def limits(trials: Floats, centre: Floats, precision: float, cut: float) -> Floats:
    """Return the number of hits at or below which a peer lies with probability `cut`; at least 1.

    Where hardly anybody has a hit, those with none cannot tell how rare the first one is.
    """
    return _limits(Stack(np.array([len(trials)], dtype=np.intp)), trials, centre, np.array([precision]), cut)


def _limits(stack: Stack, trials: Floats, centre: Floats, precision: Floats, cut: float) -> Floats:
    tenths = np.round(10.0 * centre).astype(np.int64)
    bins = distinct(stack, rounded_trials(trials).astype(np.int64), tenths)
    n, share, own = bins.keys[0].astype(np.float64), expit(bins.keys[1] / 10.0), precision[bins.stack.owner]
    a, b = own * share, own * (1.0 - share)
    # From the chance of no hit upwards, each chance by its ratio to the one before: no special function in the loop.
    chance = np.exp(betaln(a, n + b) - betaln(a, b))
    limit, open_ = np.zeros(len(n)), np.arange(len(n))
    total, at = chance, 0.0
    reached = (total >= cut) | (n <= at)
    while True:
        open_ = open_[~reached]
        if not len(open_):
            break
        n, a, b, chance, total = (of[~reached] for of in (n, a, b, chance, total))
        # Many counts at once: to go up one by one would spend the time on calls. Above all trials nothing is added.
        up = at + np.arange(_AT_ONCE)[:, None]
        ratio = np.maximum(n - up, 0.0) * (up + a) / ((up + 1.0) * np.maximum(n - up - 1.0 + b, 1e-300))
        chances = chance * np.multiply.accumulate(ratio, axis=0)
        totals = np.add.accumulate(np.concatenate([total[None, :], chances]), axis=0)[1:]
        enough = (totals >= cut) | (up + 1.0 >= n)
        reached = np.asarray(enough.any(axis=0))
        limit[open_[reached]] = at + 1.0 + np.argmax(enough[:, reached], axis=0)
        chance, total, at = chances[-1], totals[-1], at + _AT_ONCE
    return np.asarray(np.minimum(np.maximum(limit, 1.0)[bins.which], trials))


def upper_tail(hits: Floats, trials: Floats, mean: Floats, precision: float) -> Floats:
    """Return the chance that a peer with this mean share has at least so many hits out of these trials.

    Super-uniform under the null: hits are discrete, so the chance of a value at or under u is at most u.

    Example:
        >>> upper_tail(np.array([0.0, 3.0]), np.full(2, 4.0), np.full(2, 0.5), precision=2.0).round(3).tolist()
        [1.0, 0.4]
    """
    a, b = precision * mean, precision * (1.0 - mean)
    high = hits > trials * mean
    tail = np.empty(len(hits))
    tail[high] = _sum_up(hits[high], trials[high], a[high], b[high])
    # The chance of fewer hits, read from the other side: misses at least one more than trials less hits.
    fewer = ~high & (hits > 0)
    misses = trials - hits + 1.0
    tail[fewer] = 1.0 - _sum_up(misses[fewer], trials[fewer], b[fewer], a[fewer])
    tail[hits <= 0] = 1.0
    return np.clip(tail, SMALLEST, 1.0)


def _sum_up(hits: Floats, trials: Floats, a: Floats, b: Floats) -> Floats:
    """Add the chances of so many hits and of every number above, until nothing that matters is left."""
    choose = gammaln(trials + 1) - gammaln(hits + 1) - gammaln(trials - hits + 1)
    term = np.exp(choose + betaln(hits + a, trials - hits + b) - betaln(a, b))
    total, at = term.copy(), hits.copy()
    open_ = np.flatnonzero(at < trials)
    while len(open_):
        k, n = at[open_], trials[open_]
        ratio = (n - k) * (k + a[open_]) / ((k + 1.0) * (n - k - 1.0 + b[open_]))
        term[open_] *= ratio
        total[open_] += term[open_]
        at[open_] += 1.0
        # Later ratios are at most this large where it is under one, so what is left lies below a geometric series.
        most = ratio * np.maximum(1.0, (k + 1.0) / (k + a[open_]))
        falling = (most < 1.0) & (b[open_] > 1.0)
        left = np.where(falling, term[open_] * most / np.maximum(1.0 - most, 1e-9), np.inf)
        open_ = open_[(at[open_] < n) & (left > 1e-13 * total[open_])]
    return np.asarray(total)


def interval(trials: float, mean: float, precision: float, *, level: float = 0.95) -> tuple[float, float]:
    """Return the central range that holds at least this share of peers with so many trials."""
    hits = np.arange(trials + 1.0)
    a, b = precision * mean, precision * (1.0 - mean)
    choose = gammaln(trials + 1) - gammaln(hits + 1) - gammaln(trials - hits + 1)
    below = np.cumsum(np.exp(choose + betaln(hits + a, trials - hits + b) - betaln(a, b)))
    low, high = np.searchsorted(below, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return float(min(low, trials)), float(min(high, trials))
