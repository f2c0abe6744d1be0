"""The spread of ordinary counts out of trials when hits may be rare: a logistic null whose spread has a prior.

Each person has a chance of their own that a trial is a hit; its log-odds are normal around what is usual in the
person's groups. `models.nulls.beta_binomial` estimates the spread from the force alone. Where one person in fifty has
a hit that cannot be done: once those above the 95% point are left out, no count tells wide from narrow, and maximum
likelihood takes everybody to be the same and calls the few with two hits impossible. Here the spread is never
estimated alone: it has a prior, learned over all that is counted in the force, and the chance of a count is averaged
over what the data leave possible of level and spread. The fewer the data, the wider the null, and the larger the
p-value.

The tail matters more than the middle: a selection among thousands asks for one in a million. Differences between people
that multiply (in care, in opportunity) make log-odds normal, and the tail longer than that of a beta distribution with
the same middle: on drawn forces a beta-binomial null gave innocent people chances of down to one in 10^34. Causes that
are not the person's add more, so that the tail here is longer than normal, by a stated number (`TAIL`).

As in the other nulls the likelihood is truncated: counts above the fitted 95% point are dropped, the rest is
conditioned on lying at or below it, and the two steps repeat.

Sources: logistic-normal binomial counts are Williams (1982), Applied Statistics 31:144; a null fitted to the central
part only is Efron (2004), JASA 99:96; a prior for variances learned over many similar ones is Smyth (2004), Statistical
Applications in Genetics and Molecular Biology 3:3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from scipy.special import bdtrc, expit, gammaln, logit

from data.arrays import Bools, Floats, Positions
from data.memo import recall
from models.nulls.binomial_grid import GRID, chance_under, least_count
from models.nulls.log_odds import GridStretches, steps_of
from models.nulls.stacks import distinct_rows
from models.nulls.truncated import CUT, FEWEST_PEERS, NARROW, PRIOR_EVENTS, SMALLEST

SPREADS: Final = np.exp(np.linspace(np.log(0.25), np.log(3.0), 13))
"""The standard deviations of log-odds that are considered: from hardly any difference to factors of twenty and more."""

EXPECTED_SPREAD: Final = 1.0
"""The spread expected before any force was seen: the person at the 84% point has 2.7 times the odds of the median."""

EXPECTED_WITHIN: Final = 0.5
"""How far the typical spread of a force is taken to lie from that, as the standard deviation of its logarithm."""

LEAST_VARIETY: Final = 0.25
"""How much the spreads of different rules differ at least, as the standard deviation of the logarithm."""

_LOG_NONE: Final = np.logaddexp(0.0, GRID)
"""Minus the logarithm of the chance that a trial is no hit, over the grid."""

_ROUNDS: Final = 4
_MUCH_WIDER: Final = 1.3
"""A spread this much wider than those of the turns before is another one, and not the same again: it moves by steps."""

_COARSE: Final = slice(0, None, 3)
_STEPS: Final = np.linspace(-3.0, 3.0, 7)


@dataclass(frozen=True)
class Counts:
    """Whole hits out of trials, at least one trial each, and the groups whose levels may differ.

    `groups` holds, for each way of grouping, everybody's group number from 0, or -1 for none. `offset` is what is known
    beforehand to add to each person's log-odds; nothing where it is None.
    """

    hits: Floats
    trials: Floats
    groups: tuple[Positions, ...] = ()
    offset: Floats | None = None


@dataclass(frozen=True)
class Middle:
    """What the middle of some counts says: for each level and spread that is possible, how well it fits.

    `levels` and `log_likelihood` have a row for each of `SPREADS`, and a column for each level of the log-odds at that
    spread. `offset` is what each person's groups add to the log-odds. `converged` says whether the turns of truncation
    came to rest.
    """

    levels: Floats
    log_likelihood: Floats
    offset: Floats
    group_levels: tuple[Floats, ...]
    converged: bool

    @property
    def by_spread(self) -> Floats:
        """The log-likelihood of each spread, whatever the level."""
        return _log_sum(self.log_likelihood + np.log(_level_widths(self.levels))[:, None])


@dataclass(frozen=True)
class MixedBinomialNull:
    """A fitted null: how probable each level and spread of the log-odds is, and what each group adds to them.

    `converged` says whether truncation came to rest; without, no p-value is to be given by it.
    """

    levels: Floats
    weight: Floats
    group_levels: tuple[Floats, ...]
    converged: bool = True

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> MixedBinomialNull:
        """Return the null that has these parameters, as `models.nulls.parameters` gives them."""
        groups = tuple(np.array(levels, dtype=np.float64) for levels in parameters["group_levels"])
        levels, weight = np.array(parameters["levels"]), np.array(parameters["weight"])
        return cls(levels, weight, groups, parameters.get("converged", True))

    @property
    def spread(self) -> float:
        """The expected spread: the standard deviation of log-odds between people."""
        return float(np.sum(self.weight.sum(axis=1) * SPREADS))

    def offsets(self, groups: Sequence[Positions], size: int) -> Floats:
        """Return what people's groups add to their log-odds; a group that was not fitted adds nothing."""
        return _offsets(self.group_levels, groups, size)

    def upper_tail(self, hits: Floats, trials: Floats, offset: Floats) -> Floats:
        """Return the chance that somebody ordinary with these trials has at least so many hits.

        Hits are discrete, so under the null the chance of a value at or under u is at most u. Where people differ in
        other ways it may not be: with log-normal shares around 10%, as the synthetic force draws them, 0.35% of values
        lay at or under 0.001 in a simulation.
        """
        inputs = (self.levels, self.weight, hits, trials, offset)
        return recall("upper_tail", inputs, lambda: self._upper_tail(hits, trials, offset))

    def _upper_tail(self, hits: Floats, trials: Floats, offset: Floats) -> Floats:
        keys, which, _ = distinct_rows(hits, trials, steps_of(offset))
        mixing, of = self.mixing(keys[:, 2])
        at_least = np.where(keys[:, 0] > 0, keys[:, 0], 1.0)
        tails = bdtrc(at_least[:, None] - 1.0, keys[:, 1].astype(np.int64)[:, None], expit(GRID)[None, :])
        tail = np.where(keys[:, 0] > 0, np.einsum("bk,bk->b", tails, mixing[of]), 1.0)
        return np.asarray(np.clip(tail, SMALLEST, 1.0)[which])

    def expected(self, trials: float, offset: float) -> float:
        """Return the hits that somebody ordinary with so many trials has on average."""
        return float(trials * np.sum(self._mixing_at(offset)[0] * expit(GRID)))

    def interval(self, trials: float, offset: float, *, level: float = 0.95) -> tuple[float, float]:
        """Return the central range that holds at least this share of ordinary people with so many trials."""
        mixing = self._mixing_at(offset)
        n, tail = np.array([np.round(trials)]), (1 - level) / 2
        # Where a range ends is the least count at or below which so many lie; a hair above the lower end, as a tail
        # that is met exactly belongs to the range.
        low, high = (
            float(least_count(n, mixing, share, least=0.0)[0]) for share in (np.nextafter(tail, 1.0), (1 + level) / 2)
        )
        return low, high

    def _mixing_at(self, offset: float) -> Floats:
        """Return the distribution over the grid for one offset, as one row; many people have the same."""
        (steps,) = steps_of(np.array([offset])).tolist()
        if steps not in self._mixings:
            self._mixings[steps] = self.mixing(np.array([steps]))[0]
        return self._mixings[steps]

    @cached_property
    def _mixings(self) -> dict[float, Floats]:
        return {}

    def mixing(self, steps: Floats) -> tuple[Floats, Positions]:
        """Return the distribution over the grid for each distinct offset in steps, and which of them each offset is."""
        distinct, of = np.unique(steps, return_inverse=True)
        around, likely = GridStretches(distinct.astype(np.intp)), self.weight > 1e-9
        spreads = np.repeat(SPREADS, self.levels.shape[1])[likely.reshape(-1)]
        densities = around.stretches(around.density(self.levels[likely], spreads))
        weight = self.weight[likely][:, None] / densities.sum(axis=2)
        total = np.einsum("wo,wok->ok", weight, densities)
        return total / total.sum(axis=1, keepdims=True), of.reshape(-1)


def middle_of(counts: Counts, *, cut: float = CUT) -> Middle | None:
    """Look at the middle of some counts; None for fewer than `FEWEST_PEERS` people, or where no or every trial hits.

    Example:
        >>> hits = np.repeat([0.0, 1.0, 2.0], [60, 25, 15])
        >>> middle = middle_of(Counts(hits, np.full(100, 20.0)))
        >>> middle.by_spread.shape == SPREADS.shape
        True
    """
    inputs = (counts.hits, counts.trials, counts.offset, cut, len(counts.groups), *counts.groups)
    return recall("middle", inputs, lambda: _middle_of(counts, cut))


def _middle_of(counts: Counts, cut: float) -> Middle | None:
    hits, trials = counts.hits, counts.trials
    if len(hits) < FEWEST_PEERS or not 0 < hits.sum() < trials.sum():
        return None
    weak = _spread_prior(np.log(EXPECTED_SPREAD), EXPECTED_WITHIN)
    limit: Floats = trials
    group_levels: tuple[Floats, ...] = tuple(np.zeros(int(g.max(initial=-1)) + 1) for g in counts.groups)
    null: MixedBinomialNull | None = None
    widest = 0.0
    for turn in range(_ROUNDS):
        if null is not None:
            group_levels = _fit_groups(counts, np.minimum(hits, limit), null)
        offset = _offsets(group_levels, counts.groups, len(hits))
        if counts.offset is not None:
            offset = offset + counts.offset
        bins = _Bins.of(hits, trials, offset, limit, truncated=turn > 0)
        last = turn == _ROUNDS - 1
        levels, log_likelihood = bins.surface(slice(None) if last else _COARSE)
        null = _posterior(levels, log_likelihood, weak, group_levels)
        # A limit that finds people much further apart than the one before would lead to that one again: turns go to and
        # fro, and the widest spread is stayed with.
        much_wider = 0.0 < widest * _MUCH_WIDER < null.spread
        if not last and not much_wider:
            limit = _limits(trials, offset, null, cut)
        converged = null.spread >= widest * np.exp(-NARROW)
        widest = max(widest, null.spread) if turn > 0 else widest
    return Middle(levels, log_likelihood, offset, group_levels, bool(converged))


def learn_spread(middles: Sequence[Middle]) -> Floats:
    """Return the prior of the spread that several kinds of counts in a force have in common: a weight for each spread.

    The typical spread and the variety of spreads are not estimated but averaged over; the variety is at least
    `LEAST_VARIETY`, so that the prior of one rule is never as narrow as what all others say together.
    """
    likelihood = [np.exp(m.by_spread - m.by_spread.max()) for m in middles]
    centres = np.log(SPREADS)
    prior, log_weights = [], []
    for centre in centres:
        for variety in (LEAST_VARIETY, 0.4, 0.6):
            own = _spread_prior(float(centre), variety)
            away = (centre - np.log(EXPECTED_SPREAD)) / EXPECTED_WITHIN
            prior.append(own)
            log_weights.append(sum(float(np.log(np.sum(own * one))) for one in likelihood) - 0.5 * away**2)
    weight = np.exp(np.array(log_weights) - max(log_weights))
    return np.asarray(np.einsum("p,ps->s", weight / weight.sum(), np.array(prior)))


def fit_mixed_binomial(middle: Middle, spread_prior: Floats) -> MixedBinomialNull:
    """Return the null that the middle of some counts and the prior of their spread leave."""
    null = _posterior(middle.levels, middle.log_likelihood, spread_prior, middle.group_levels)
    return replace(null, converged=middle.converged)


def stated_null(share: float, spread: float) -> MixedBinomialNull:
    """Return the null around a known share with a stated spread, the nearest of `SPREADS`.

    Example:
        >>> stated_null(0.02, 1.0).upper_tail(np.array([9.0]), np.array([10.0]), np.zeros(1)).round(4).tolist()
        [0.0006]
    """
    weight = np.zeros((len(SPREADS), 1))
    weight[int(np.argmin(np.abs(SPREADS - spread)))] = 1.0
    return MixedBinomialNull(np.full(weight.shape, float(logit(share))), weight, ())


def _spread_prior(centre: float, variety: float) -> Floats:
    density = np.exp(-0.5 * ((np.log(SPREADS) - centre) / variety) ** 2)
    return np.asarray(density / density.sum())


def _posterior(
    levels: Floats, log_likelihood: Floats, spread_prior: Floats, group_levels: tuple[Floats, ...]
) -> MixedBinomialNull:
    log_weight = log_likelihood + np.log(_level_widths(levels))[:, None] + np.log(spread_prior)[:, None]
    weight = np.exp(log_weight - log_weight.max())
    return MixedBinomialNull(levels, weight / weight.sum(), group_levels)


def _level_widths(levels: Floats) -> Floats:
    return np.asarray(np.maximum(levels[:, 1] - levels[:, 0], 1e-12))


def _log_sum(log_values: Floats) -> Floats:
    most = log_values.max(axis=1)
    return np.asarray(most + np.log(np.exp(log_values - most[:, None]).sum(axis=1)))


def _rounded_trials(trials: Floats) -> Floats:
    """Return trials rounded to steps of three percent, small ones as they are."""
    return np.asarray(np.where(trials <= 30, trials, np.round(np.exp(np.round(np.log(trials) / 0.03) * 0.03))))


@dataclass(frozen=True)
class _Bins:
    """People gathered by hits, trials (within three percent), offset and limit.

    `chances` are those of the hits and, where there is a limit, of hits within it, over the widened grid of `around`.
    """

    size: Floats
    around: GridStretches
    which: Positions
    chances: Floats
    start: float
    uncertainty: float

    @classmethod
    def of(cls, hits: Floats, trials: Floats, offset: Floats, limit: Floats, *, truncated: bool) -> _Bins:
        keep: Bools = hits <= limit
        n = np.maximum(_rounded_trials(trials[keep]), hits[keep])
        bins, _, size = distinct_rows(hits[keep], n, steps_of(offset[keep]), np.minimum(limit[keep], n))
        steps, which = np.unique(bins[:, 2], return_inverse=True)
        around, which = GridStretches(steps.astype(np.intp)), which.reshape(-1)
        x, n = bins[:, 0], bins[:, 1]
        choose = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
        log_own = choose[:, None] + x[:, None] * GRID[None, :] - n[:, None] * _LOG_NONE[None, :]
        total = float(np.sum(size * x)) + 0.5
        start = float(logit(min(total / (float(np.sum(size * n)) + 1.0), 0.99)))
        parts = [np.exp(log_own), *([chance_under(n, bins[:, 3])] if truncated else [])]
        chances = np.stack([around.widened(part, which) for part in parts])
        return cls(size, around, which, chances, start, float(total**-0.5))

    def log_likelihood(self, levels: Floats, spread: float) -> Floats:
        """Return the log-likelihoods of levels at a spread, with half a hit added: so that none at all is possible."""
        density = self.around.density(levels, spread)
        totals = self.around.totals(density)[:, self.which]
        chance = np.einsum("pbe,le->plb", self.chances, density) / totals
        log_chance = np.sum(self.size * np.log(np.maximum(chance, 1e-300)), axis=2)
        log_likelihood = log_chance[0] if len(log_chance) == 1 else log_chance[0] - log_chance[1]
        return np.asarray(log_likelihood + 0.5 * (levels + min(0.5 * spread**2, 2.0)))

    def surface(self, spreads: slice) -> tuple[Floats, Floats]:
        """Return levels around the best at each spread, and their log-likelihoods; left-out spreads fit not at all."""
        levels = np.tile(_STEPS, (len(SPREADS), 1))
        values = np.full(levels.shape, -np.inf)
        best = self.start
        for at in range(len(SPREADS))[spreads]:
            best, width = self._best(best, float(SPREADS[at]))
            levels[at] = best + width * _STEPS
            values[at] = self.log_likelihood(levels[at], float(SPREADS[at]))
        return levels, values

    def _best(self, start: float, spread: float) -> tuple[float, float]:
        """Return the best level at a spread and how uncertain it is, by parabolas through three points."""
        step, centre = max(2.0 * self.uncertainty, 0.05), start
        low, middle, high = self.log_likelihood(centre + step * np.arange(-1.0, 2.0), spread).tolist()
        for _ in range(12):
            curvature = low - 2.0 * middle + high
            if middle >= max(low, high) and curvature < 0:
                shift = 0.5 * (low - high) / curvature
                return centre + shift * step, min(step / float(np.sqrt(-curvature)), 1.5)
            way = step if high > low else -step
            centre += way
            (further,) = self.log_likelihood(np.array([centre + way]), spread).tolist()
            low, middle, high = (middle, high, further) if way > 0 else (further, low, middle)
        return centre, step


def _limits(trials: Floats, offset: Floats, null: MixedBinomialNull, cut: float) -> Floats:
    """Return the hits at or below which somebody ordinary lies with probability `cut`; at least 1.

    Where hardly anybody has a hit, those with none cannot tell how rare the first one is.
    """
    keys, which, _ = distinct_rows(_rounded_trials(trials), steps_of(offset))
    mixing, of = null.mixing(keys[:, 1])
    limit = least_count(keys[:, 0], mixing[of], cut, least=1.0)
    return np.asarray(np.minimum(limit[which], trials))


def _offsets(group_levels: Sequence[Floats], groups: Sequence[Positions], size: int) -> Floats:
    offset = np.zeros(size)
    for levels, number in zip(group_levels, groups, strict=True):
        known = (number >= 0) & (number < len(levels))
        offset[known] += levels[number[known]]
    return offset


def _fit_groups(counts: Counts, level: Floats, null: MixedBinomialNull) -> tuple[Floats, ...]:
    """Return what each group adds to the log-odds, drawn towards nothing, one way of grouping after the other.

    Hits are cut down to the limit first, and so is what is expected, so that one unusual person does not set the level
    of a few colleagues. A person with many trials counts for little more than one whose own chance is known.
    """
    mixing, _ = null.mixing(np.zeros(1))
    chance = expit(GRID)
    mean = float(np.sum(mixing[0] * chance))
    variety = float(np.sum(mixing[0] * (chance / mean) ** 2)) - 1.0
    weight = 1.0 / (1.0 + counts.trials * mean * variety)
    seen = weight * level
    # What lies above the limit is missing from what is seen in all groups alike.
    common = float(seen.sum() / np.sum(weight * counts.trials))
    expected = weight * counts.trials * common
    fitted: list[Floats] = []
    for number in counts.groups:
        n, member = int(number.max(initial=-1)) + 1, number >= 0
        events = np.bincount(number[member], weights=seen[member], minlength=n)
        expectation = np.bincount(number[member], weights=expected[member], minlength=n)
        ratio = (events + PRIOR_EVENTS) / (expectation + PRIOR_EVENTS)
        expected = np.where(member, expected * ratio[number], expected)
        fitted.append(np.log(ratio))
    return tuple(fitted)
