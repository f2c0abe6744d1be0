"""The spread of ordinary shares: a beta-binomial null fitted so that the unusual few do not hide themselves.

Peers differ: each has a share of their own, beta-distributed around their group's, and hits out of trials given it are
binomial. The hits are then beta-binomial. Each peer group has its own mean, drawn towards that of all (small groups
more than large ones); the precision (the sum of the beta's two parameters) is common to all groups.

As in `models.nulls.gamma_poisson`, the likelihood is truncated: hits above the fitted 95% point are dropped, the rest
is conditioned on lying at or below it, and the two steps repeat to a fixed point. A plain likelihood would take the
unusual few for a sign that peers differ widely, and a wide null finds nobody unusual; to drop the few without
conditioning would take the rest for all there is, and a null that is too narrow finds too many.

Tails are summed here and not by `scipy.stats.betabinom`: its survival function is one minus a sum, which is rounding
error below about 1e-12, where the strongest evidence lies; and it walks through the support of one subject at a time,
where a force has tens of thousands.

Sources: the beta-binomial is Skellam (1948), JRSS B 10:257; fitting a null to the central part only is Efron (2004),
JASA 99:96, here by truncated likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import bdtr, betaln, expit, gammaln, logit

from data.arrays import Floats, Positions
from models.nulls.gamma_poisson import CUT, FEWEST_PEERS, PRIOR_EVENTS, PRIOR_SHAPE, PRIOR_SPREAD, SMALLEST

MOST_FITTED: Final = 4000
"""Spread and shift are fitted to so many subjects at most, evenly spaced; group means to all."""

WIDEST: Final = 0.09
"""Peers are never taken to differ more widely than with this smaller parameter of the beta: most then have nothing."""

_FINEST: Final = 20_000.0

_ROUNDS: Final = 12
_TOLERANCE: Final = 0.02
_GRID: Final = np.concatenate([np.arange(-60.0, -14.0, 0.8), np.arange(-14.0, 14.1, 0.3)])
"""Logits of the shares at which the beta distribution is summed to get its chance of lying under a limit.

Where peers differ widely many have a share of next to nothing: the grid reaches down to where that no longer matters.
"""

_WIDTH: Final = np.gradient(_GRID)


@dataclass(frozen=True)
class BetaBinomialNull:
    """A fitted null: the log-odds of each group's mean share, and the precision with which peers' shares lie about it.

    `logits` and `sizes` are by group number; `sizes` counts the subjects fitted to. A small precision means that peers
    differ widely. `converged` says whether truncation reached its fixed point.
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
    """Fit the beta-binomial null to subjects in groups by truncated likelihood.

    Takes whole hits and trials, at least one trial each, and group numbers from 0. `offset` is added to the log-odds
    of a subject's mean share, for opportunities that differ in a known way. `least` is a mean share below which no
    group's is taken to lie. Returns None for fewer than `FEWEST_PEERS` subjects in all, or where no trial or every one
    is a hit.
    """
    if len(hits) < FEWEST_PEERS or not 0 < hits.sum() < trials.sum():
        return None
    added = np.zeros(len(hits)) if offset is None else offset
    floor, free = (-np.inf, True) if least is None else (float(logit(least)), False)
    sizes = np.bincount(groups)
    sample = np.unique(np.linspace(0, len(hits) - 1, min(len(hits), MOST_FITTED)).astype(np.intp))
    highest, precision, centres = trials, _prior_precision(float(hits.sum() / trials.sum())), np.zeros(len(sizes))
    shift, converged = 0.0, False
    # The first turn is not truncated: nothing says yet where the limit is.
    for turn in range(_ROUNDS):
        keep = hits <= highest
        # Means are taken from all, what lies above cut down to the limit: to leave such people out would draw a group
        # that spreads widely further down at every turn. Where no shift can make good for that, nothing is cut.
        level = np.minimum(hits, highest) if free else hits
        logits = np.maximum(_group_logits(level, trials, groups, added, precision, len(sizes)), floor)
        chosen = sample[keep[sample]]
        centre = logits[groups[chosen]] + added[chosen]
        truncated = None if turn == 0 else _Truncation.of(trials[chosen], highest[chosen], centre)
        before, last = precision, centres
        shift, precision = _maximise(hits[chosen], trials[chosen], centre, truncated, (shift, precision), free=free)
        centres = logits + shift
        change = float(np.average(np.abs(centres - last), weights=sizes))
        converged = turn > 0 and change < _TOLERANCE and abs(np.log(precision / before)) < _TOLERANCE
        if converged:
            break
        highest = limits(trials, centres[groups] + added, precision, cut)
    return BetaBinomialNull(centres, sizes, precision, converged=converged)


def _prior_precision(share: float) -> float:
    """Return the precision expected before looking: for rare hits that of the gamma-Poisson null's prior shape."""
    return PRIOR_SHAPE / (share * (1.0 - share))


def _group_logits(hits: Floats, trials: Floats, groups: Positions, offset: Floats, precision: float, n: int) -> Floats:
    """Return the log-odds at which each group's expected hits equal those seen, mixed with some at the common share.

    A subject with many trials counts for little more than one whose own share is known: trials are weighted as the
    variance of a beta-binomial asks for, or the busiest few would set the mean.
    """
    weight = (precision + 1.0) / (precision + trials)
    x, n_trials = hits * weight, trials * weight
    everybody = np.zeros(len(hits), dtype=np.intp)
    start = float(np.clip(logit(max(x.sum(), 1e-9) / n_trials.sum()), -16.0, 16.0))
    common = float(_solve(x, n_trials, everybody, offset, np.array([start]), np.zeros(1), start)[0])
    prior = np.full(n, PRIOR_EVENTS / float(expit(common)))
    return _solve(x, n_trials, groups, offset, np.full(n, common), prior, common)


def _solve(
    hits: Floats, trials: Floats, groups: Positions, offset: Floats, start: Floats, prior: Floats, common: float
) -> Floats:
    n, centre = len(start), start
    target = np.bincount(groups, weights=hits, minlength=n) + prior * expit(common)
    # Newton's method on the log-odds of all groups at once. Steps are cut to one unit: far from the solution, where
    # nearly everything or nearly nothing is a hit, the slope is almost flat and a full step would overshoot.
    for _ in range(25):
        share, own = expit(centre[groups] + offset), expit(centre)
        expected = np.bincount(groups, weights=trials * share, minlength=n) + prior * own
        slope = np.bincount(groups, weights=trials * share * (1 - share), minlength=n) + prior * own * (1 - own)
        centre = centre + np.clip((target - expected) / np.maximum(slope, 1e-12), -1.0, 1.0)
    return np.asarray(np.clip(centre, -16.0, 16.0))


def _maximise(
    hits: Floats,
    trials: Floats,
    centre: Floats,
    truncated: _Truncation | None,
    start: tuple[float, float],
    *,
    free: bool,
) -> tuple[float, float]:
    """Return the shift of all log-odds (0 where it is not free) and the precision at which the posterior is largest."""
    expected = float(np.log(_prior_precision(float(np.sum(trials * expit(centre)) / np.sum(trials)))))
    low, high = expected - np.log(PRIOR_SHAPE / WIDEST), max(np.log(_FINEST), expected + 1.0)

    def loss(point: Floats) -> float:
        shift, log_precision = (point[0], point[1]) if free else (0.0, point[0])
        precision, share = np.exp(log_precision), expit(centre + shift)
        a, b = precision * share, precision * (1.0 - share)
        log_likelihood = np.sum(betaln(hits + a, trials - hits + b) - betaln(a, b))
        if truncated is not None:
            log_likelihood -= truncated.log_chance(shift, precision)
        return float(0.5 * ((log_precision - expected) / PRIOR_SPREAD) ** 2 - log_likelihood)

    # Nelder and Mead's simplex: two parameters at most, and bounds that a gradient method would stick to. The first
    # simplex is stated, so that the search takes the same steps whatever scipy's default.
    first = np.clip(np.log(start[1]), low, high - 0.3)
    first = np.array([start[0], first] if free else [first])
    bounds = [(-4.0, 4.0), (float(low), float(high))] if free else [(float(low), float(high))]
    corners = first + np.vstack([np.zeros(len(first)), 0.3 * np.eye(len(first))])
    inside = np.clip(corners, [b[0] for b in bounds], [b[1] for b in bounds])
    optimum = minimize(
        loss,
        first,
        method="Nelder-Mead",
        bounds=bounds,
        options={"xatol": 2e-3, "fatol": 1e-4, "initial_simplex": inside},
    ).x
    return (float(optimum[0]), float(np.exp(optimum[1]))) if free else (0.0, float(np.exp(optimum[0])))


@dataclass(frozen=True)
class _Truncation:
    """Subjects gathered by trials (within three percent), limit and centre: what their truncation takes away.

    `under` holds, for each bin and each share of the grid, the binomial chance of at most the limit; it does not change
    while the parameters are sought.
    """

    centre: Floats
    size: Floats
    under: Floats

    @classmethod
    def of(cls, trials: Floats, limit: Floats, centre: Floats) -> _Truncation:
        keys = np.column_stack([_rounded_trials(trials), limit, np.round(centre, 1)])
        bins, size = np.unique(keys, axis=0, return_counts=True)
        least = np.minimum(bins[:, 1], bins[:, 0])
        under = bdtr(least[:, None], np.maximum(bins[:, 0], least).astype(np.int64)[:, None], expit(_GRID)[None, :])
        return cls(bins[:, 2], size.astype(np.float64), np.asarray(under, dtype=np.float64))

    def log_chance(self, shift: float, precision: float) -> float:
        """Return the log chance that everybody lies at or below their limit."""
        share = expit(self.centre + shift)
        a, b = precision * share, precision * (1.0 - share)
        # The beta density over log-odds, up to its constant: the weights are made to sum to one.
        log_weight = a[:, None] * -np.logaddexp(0, -_GRID)[None, :] + b[:, None] * -np.logaddexp(0, _GRID)[None, :]
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True)) * _WIDTH
        chance = (weight * self.under).sum(axis=1) / weight.sum(axis=1)
        return float(np.sum(self.size * np.log(np.maximum(chance, 1e-12))))


def _rounded_trials(trials: Floats) -> Floats:
    """Return trials rounded to steps of three percent, small ones as they are."""
    return np.asarray(np.where(trials <= 30, trials, np.round(np.exp(np.round(np.log(trials) / 0.03) * 0.03))))


def limits(trials: Floats, centre: Floats, precision: float, cut: float) -> Floats:
    """Return the number of hits at or below which a peer lies with probability `cut`; at least 1.

    Where hardly anybody has a hit, those with none cannot tell how rare the first one is.
    """
    keys = np.column_stack([_rounded_trials(trials), np.round(centre, 1)])
    bins, which = np.unique(keys, axis=0, return_inverse=True)
    n, share = bins[:, 0], expit(bins[:, 1])
    a, b = precision * share, precision * (1.0 - share)
    # From the chance of no hit upwards, each chance by its ratio to the one before: no special function in the loop.
    chance = np.exp(betaln(a, n + b) - betaln(a, b))
    total, limit = chance.copy(), np.full(len(n), -1.0)
    at = 0.0
    while True:
        reached = (limit < 0) & ((total >= cut) | (at >= n))
        limit[reached] = at
        if not (limit < 0).any():
            break
        chance = chance * (n - at) * (at + a) / ((at + 1.0) * np.maximum(n - at - 1.0 + b, 1e-300))
        total, at = total + chance, at + 1.0
    return np.asarray(np.minimum(np.maximum(limit, 1.0)[which.reshape(-1)], trials))


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
