"""Samples of different sizes in one array after another, so that many can be fitted at once.

Fitting to one sample after the other spends its time on calls. Stacked, one call serves all. A sample's results must
not depend on the samples it is stacked with, to the last bit: sums are taken over each sample's own stretch, in its own
order, and everything else is computed entry by entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from data.arrays import Array, Bools, Floats, Integers, Positions

MOST_STACKED: Final = 400_000
"""So many entries are stacked at most: beyond that nothing is gained, and memory grows with the number of series."""

_LARGEST: Final = 2**62


@dataclass(frozen=True)
class Stack:
    """How many entries each of several samples has, in arrays that hold them one after another.

    Example:
        >>> Stack(np.array([2, 0, 1])).sums(np.array([1.0, 2.0, 5.0])).tolist()
        [3.0, 0.0, 5.0]
    """

    sizes: Positions

    @cached_property
    def starts(self) -> Positions:
        """Where each sample's first entry stands."""
        return np.cumsum(self.sizes) - self.sizes

    @cached_property
    def owner(self) -> Positions:
        """The number of each entry's sample."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def sums(self, values: Floats) -> Floats:
        """Return the sum of each sample's entries, 0 for a sample without any; it is the same beside any others."""
        entries = np.ascontiguousarray(values, dtype=np.float64)
        if self._filled is None:
            return np.asarray(np.add.reduceat(entries, self.starts))
        total = np.zeros(len(self.sizes))
        if self._filled.any():
            total[self._filled] = np.add.reduceat(entries, self.starts[self._filled])
        return total

    @cached_property
    def _filled(self) -> Bools | None:
        """Which samples have entries; None where all have, and there are any samples at all."""
        filled = self.sizes > 0
        return None if len(filled) and filled.all() else filled

    def within(self, at: Positions) -> Bools:
        """Return which entries are those of the samples at these positions.

        Example:
            >>> Stack(np.array([2, 0, 1])).within(np.array([1, 2])).tolist()
            [False, False, True]
        """
        chosen = np.zeros(len(self.sizes), dtype=np.bool_)
        chosen[at] = True
        return np.asarray(chosen[self.owner])

    def select(self, entries: Bools) -> Stack:
        """Return the stack of the chosen entries of every sample."""
        return Stack(np.bincount(self.owner[entries], minlength=len(self.sizes)))


@dataclass(frozen=True)
class Samples:
    """Counts, their opportunity (exposure or trials), group and offset for several samples, stacked.

    `group` numbers the groups of all samples through; `groups` says how many each sample has. `offset` is added to the
    logarithm or log-odds of what a group leads one to expect. `sampled` marks whom spreads are fitted to. `least` is,
    for each sample, the level below which no group's is taken to lie: minus infinity where there is none.
    """

    entries: Stack
    groups: Stack
    counts: Floats
    opportunity: Floats
    group: Positions
    offset: Floats
    sampled: Bools
    least: Floats

    @property
    def n(self) -> int:
        """How many samples there are."""
        return len(self.entries.sizes)

    @cached_property
    def group_sizes(self) -> Positions:
        """How many entries each group has."""
        return np.bincount(self.group, minlength=len(self.groups.owner))

    def group_totals(self, values: Floats) -> Floats:
        """Return the sum over each group's entries."""
        return np.asarray(np.bincount(self.group, weights=values, minlength=len(self.groups.owner)), dtype=np.float64)

    def take(self, at: Positions) -> Samples:
        """Return the samples at these positions, in ascending order."""
        rows = self.entries.within(at)
        entries, groups = Stack(self.entries.sizes[at]), Stack(self.groups.sizes[at])
        moved = np.repeat(groups.starts - self.groups.starts[at], entries.sizes)
        columns = (self.counts[rows], self.opportunity[rows], self.group[rows] + moved, self.offset[rows])
        return Samples(entries, groups, *columns, self.sampled[rows], self.least[at])


def stack(
    counts: Sequence[Floats],
    opportunity: Sequence[Floats],
    groups: Sequence[Positions],
    *,
    offsets: Sequence[Floats | None],
    most_sampled: int | None = None,
    least: Sequence[float] | None = None,
) -> Samples:
    """Stack samples, none of them empty; with `most_sampled` spreads are fitted to so many of each, evenly spaced."""
    entries = Stack(np.array([len(c) for c in counts], dtype=np.intp))
    n_groups = Stack(np.array([int(g.max()) + 1 for g in groups], dtype=np.intp))
    return Samples(
        entries=entries,
        groups=n_groups,
        counts=np.concatenate(counts).astype(np.float64),
        opportunity=np.concatenate(opportunity).astype(np.float64),
        group=np.concatenate([g + start for g, start in zip(groups, n_groups.starts.tolist(), strict=True)]),
        offset=np.concatenate([np.zeros(len(c)) if o is None else o for c, o in zip(counts, offsets, strict=True)]),
        sampled=np.concatenate([_evenly(len(c), most_sampled) for c in counts]),
        least=np.full(len(counts), -np.inf) if least is None else np.asarray(least, dtype=np.float64),
    )


def _evenly(n: int, most: int | None) -> Bools:
    sampled = np.zeros(n, dtype=np.bool_)
    sampled[np.linspace(0, n - 1, n if most is None else min(n, most)).astype(np.intp)] = True
    return sampled


def blocks(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Give positions of samples to be stacked together, so that no stack has more entries than `MOST_STACKED`.

    Example:
        >>> list(blocks([300_000, 200_000, 100_000]))
        [[0], [1, 2]]
    """
    block: list[int] = []
    total = 0
    for at, size in enumerate(sizes):
        if block and total + size > MOST_STACKED:
            yield block
            block, total = [], 0
        block.append(at)
        total += size
    if block:
        yield block


@dataclass(frozen=True)
class Distinct:
    """The distinct combinations of keys in each sample: how they stack, their keys, and the sums of weights over each.

    `which` gives each entry's combination.
    """

    stack: Stack
    keys: tuple[Array, ...]
    which: Positions

    def totals(self, weights: Floats) -> Floats:
        """Return the sum of weights over each combination."""
        return np.asarray(np.bincount(self.which, weights=weights, minlength=len(self.stack.owner)), dtype=np.float64)


def distinct(stack: Stack, *keys: Integers) -> Distinct:
    """Gather entries of the same sample and the same whole numbers, in ascending order."""
    combined: Integers = stack.owner.astype(np.int64)
    for key in keys:
        combined = _combined(combined, key)
    _, first, which = np.unique(combined, return_index=True, return_inverse=True)
    sizes = np.bincount(stack.owner[first], minlength=len(stack.sizes))
    return Distinct(Stack(sizes), tuple(key[first] for key in keys), which)


def distinct_rows(*columns: Floats | Bools) -> tuple[Floats, Positions, Floats]:
    """Return the distinct rows of columns of whole numbers in ascending order, which of them each row is, and how many.

    It says what `np.unique` says of rows, which sorts them as bytes and takes many times as long.

    Example:
        >>> rows, which, size = distinct_rows(np.array([2.0, 1.0, 2.0]), np.array([0.0, -3.0, 0.0]))
        >>> rows.tolist(), which.tolist(), size.tolist()
        ([[1.0, -3.0], [2.0, 0.0]], [1, 0, 1], [1.0, 2.0])
    """
    gathered = distinct(Stack(np.array([len(columns[0])])), *(column.astype(np.int64) for column in columns))
    rows = np.column_stack(gathered.keys).astype(np.float64)
    return rows, gathered.which, gathered.totals(np.ones(len(columns[0])))


def _combined(before: Integers, key: Integers) -> Integers:
    if not len(key):
        return before
    low, span = int(key.min()), int(key.max()) - int(key.min()) + 1
    if int(before.max()) >= _LARGEST // span:
        before = np.unique(before, return_inverse=True)[1].astype(np.int64)
    return before * span + (key - low)
