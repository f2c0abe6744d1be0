"""Nulls fitted by truncated likelihood, many samples together: what the gamma-Poisson and beta-binomial fits share.

Fitting a null by plain maximum likelihood on everybody lets the very people sought widen it. The likelihood is
therefore truncated: counts above the fitted 95% point are dropped, the rest is conditioned on lying at or below it, and
the two steps repeat to a fixed point. Each turn sets the groups' levels, then a shift common to all of them and the
spread between peers, then the limits. A sample that has reached its fixed point takes no further part.

Source: fitting a null to the central part only is Efron (2004), JASA 99:96, here by truncated likelihood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from data.arrays import Bools, Floats, Integers
from models.nulls.stacks import Samples

CUT: Final = 0.95
"""The share of ordinary peers kept by the truncation."""

FEWEST_PEERS: Final = 30
"""Nothing is said of a subject with fewer peers than this who can be compared: there is not enough evidence."""

PRIOR_EVENTS: Final = 10.0
"""How many events at the common level a group's own level is mixed with."""

SMALLEST: Final = 1e-300
"""A tail chance is never given as smaller than this: below it, floating numbers run out before certainty does."""


@dataclass(frozen=True)
class SpreadPrior:
    """What is expected of the spread between people before looking: log-normal, in terms of a gamma's shape.

    `shape` is the shape expected (people's rates vary by one over it, as a squared coefficient of variation; small
    means that people differ widely) and `deviation` the standard deviation of its logarithm. Shares have the same
    spread where they are small: a beta-binomial's precision is expected at `shape / (share * (1 - share))`.

    Where events are many it does not matter. Where they are few, truncation leaves nothing to tell a wide group from a
    narrow one, and without a prior the fit falls for the narrowest there is.

    Example:
        >>> SpreadPrior(shape=1.2, deviation=0.75).penalty(np.log(np.array([1.2]))).tolist()
        [0.0]
    """

    shape: float
    deviation: float

    def penalty(self, log_shape: Floats) -> Floats:
        """Return minus the log density of a log shape, up to a constant."""
        return np.asarray(0.5 * ((log_shape - np.log(self.shape)) / self.deviation) ** 2)


PRIOR_SHAPE: Final = 1.2
"""The shape expected before looking: what lasting differences in complaints among real officers showed (Chicago)."""

PRIOR_SPREAD: Final = 0.75
"""The prior's standard deviation of the log shape: 19 in 20 between 0.28 and 5.2."""

ORDINARY_SPREAD: Final = SpreadPrior(PRIOR_SHAPE, PRIOR_SPREAD)
"""The prior where nothing more is known of an indicator."""


class CountFamily(Protocol):
    """A distribution of counts given opportunity, with a level for each group and a spread common to a sample's groups.

    Arrays of levels are by group of the samples handed in; spreads and shifts are by sample.
    """

    def levels(self, samples: Samples, counts: Floats, log_spread: Floats) -> Floats:
        """Return the level of each group from counts that are cut to their limits."""
        ...

    def maximise(
        self, samples: Samples, centre: Floats, kept: Bools, limits: Floats | None, log_spread: Floats
    ) -> tuple[Floats, Floats]:
        """Return the shift of all levels and the log spread at which likelihood times prior is largest.

        `centre` is what each entry's group and offset lead one to expect; only entries `kept` take part, each
        conditioned on lying at or below its limit where limits are given.
        """
        ...

    def limits(self, samples: Samples, centre: Floats, log_spread: Floats, cut: float) -> Floats:
        """Return the count at or below which each entry lies with probability `cut`."""
        ...


NARROW: Final = 0.5
"""Turns that go round have settled where log spreads, and mean levels, differ by no more than this from one to another.

The widest of them is taken, whose tail chances are the largest. What a force leaves unknown of a log spread where
events are few is as much (see `ORDINARY_SPREAD`); loops of one count up and down are narrower, in drawn forces 0.1 to
0.4.
"""


@dataclass(frozen=True)
class TruncatedFit:
    """The fit of one sample: the level of each group, how many entries each has, and the log spread between peers.

    `converged` says whether the turns of truncation came to rest, or go round within narrow bounds.
    """

    levels: Floats
    sizes: Integers
    log_spread: float
    converged: bool


@dataclass(frozen=True)
class Turns:
    """How many turns of truncation are taken at most, and how far spread and (on average) levels may move at the end.

    Example:
        >>> Turns(most=30, tolerance=0.01).most
        30
    """

    most: int
    tolerance: float


def fit_truncated(
    family: CountFamily, samples: Samples, log_spread: Floats, *, turns: Turns, cut: float = CUT
) -> list[TruncatedFit]:
    """Fit samples to the fixed point of truncation, from a log spread of each to begin with.

    A turn follows from the limits alone: limits that stay as they were are a fixed point. Counts are whole, so limits
    can also come back to what they were some turns before: then there is no fixed point to be reached, and the turns go
    round. The fit is then that of the round with the widest spread between people, and has settled where the others
    differ little from it (`NARROW`).
    """
    courses = [_Course(turns.most) for _ in range(samples.n)]
    # The first turn is not truncated: nothing says yet where the limit is.
    going, limits, before = np.arange(samples.n), None, np.zeros(len(samples.groups.owner))
    for turn in range(turns.most + 1):
        kept = np.ones(len(samples.counts), dtype=np.bool_) if limits is None else samples.counts <= limits
        levels = family.levels(samples, _cut_down(samples, limits), log_spread)
        centre = levels[samples.group] + samples.offset
        shift, further = family.maximise(samples, centre, kept, limits, log_spread)
        levels = levels + shift[samples.groups.owner]
        settled = _moved(samples, levels, before) < turns.tolerance
        settled &= (np.abs(further - log_spread) < turns.tolerance) & (turn > 0)
        for at, number in enumerate(going.tolist()):
            courses[number].add(_fit_of(samples, at, levels, further, converged=bool(settled[at])))
        limits = family.limits(samples, levels[samples.group] + samples.offset, further, cut)
        ended = [courses[number].ends(own) for number, own in zip(going.tolist(), _split(samples, limits), strict=True)]
        rest = np.flatnonzero(~np.array(ended))
        if not len(rest):
            break
        limits = limits[samples.entries.within(rest)]
        before = levels[samples.groups.within(rest)]
        samples, going, log_spread = samples.take(rest), going[rest], further[rest]
    return [course.fit for course in courses]


def _split(samples: Samples, values: Floats) -> list[Floats]:
    return np.split(values, samples.entries.starts[1:])


class _Course:
    """The fits of one sample turn by turn, and whether there is any use in going on."""

    def __init__(self, most: int) -> None:
        self.fits: list[TruncatedFit] = []
        self.most = most
        self._turn_of: dict[bytes, int] = {}

    def add(self, fit: TruncatedFit) -> None:
        self.fits.append(fit)

    def ends(self, limits: Floats) -> bool:
        """Say whether the last turn was the last, or the limits it leads to have been there before."""
        turn = len(self.fits) - 1
        before = self._turn_of.setdefault(hashlib.sha256(limits.tobytes()).digest(), turn)
        if before == turn - 1:
            self.fits[-1] = replace(self.fits[-1], converged=True)
        elif before < turn and not self.fits[-1].converged:
            # The fits after these limits go round.
            self.fits.append(_widest(self.fits[before + 1 :]))
            return True
        if turn >= self.most and not self.fits[-1].converged:
            self.fits.append(_widest(self.fits[self.most // 2 :]))
            return True
        return self.fits[-1].converged

    @property
    def fit(self) -> TruncatedFit:
        return self.fits[-1]


def _widest(fits: Sequence[TruncatedFit]) -> TruncatedFit:
    """Return the fit with the widest spread of several between which turns go to and fro; say if all are much alike."""
    spreads = [fit.log_spread for fit in fits]
    levels = [float(np.sum(fit.levels * fit.sizes) / np.sum(fit.sizes)) for fit in fits]
    narrow = max(np.ptp(spreads), np.ptp(levels)) <= NARROW
    return replace(fits[int(np.argmin(spreads))], converged=bool(narrow))


def _cut_down(samples: Samples, limits: Floats | None) -> Floats:
    """Return counts cut to their limits.

    Levels come from everybody, what lies above cut down to the limit: to leave such people out would draw a group that
    spreads more widely than the others further down at every turn. Where no shift can make good for that, nothing is
    cut.
    """
    if limits is None:
        return samples.counts
    free = np.isneginf(samples.least)[samples.entries.owner]
    return np.where(free, np.minimum(samples.counts, limits), samples.counts)


def _moved(samples: Samples, levels: Floats, before: Floats) -> Floats:
    """Return by how much levels moved, on the average of everybody in a sample."""
    sizes = samples.group_sizes.astype(np.float64)
    return samples.groups.sums(np.abs(levels - before) * sizes) / samples.groups.sums(sizes)


def _fit_of(samples: Samples, at: int, levels: Floats, log_spread: Floats, *, converged: bool) -> TruncatedFit:
    own = slice(samples.groups.starts[at], samples.groups.starts[at] + samples.groups.sizes[at])
    return TruncatedFit(levels[own], samples.group_sizes[own], float(log_spread[at]), converged)
