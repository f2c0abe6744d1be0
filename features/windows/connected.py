"""Causes counted once: rows of a subject that agree in something are one, also through rows between them.

A row that agrees with no other of its subject adds up like any row. Of the others it depends on the window which are
connected: two complaints of different people about different days are one cause only as long as the row that ties them
is inside. These rows stay listed, and each window connects those it holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.arrays import Array, Integers, Positions
from features.indicator import Indicator
from features.windows.codes import codes_of
from features.windows.grid import Batch, Grid
from features.windows.totals import CountedRows, RunningTotals

NOTHING = -1
"""The group of a row that agrees with no other: something is null in it, or no other row has the same."""


class CountedCauses(CountedRows):
    """Counts of causes."""

    def __init__(self, indicator: Indicator, number: int, grid: Grid) -> None:
        super().__init__(indicator, number, grid)
        self.batches: list[Batch] = []

    def add(self, batch: Batch) -> None:
        """Take in the rows of a batch that count."""
        super().add(batch)
        counting, on_grid = batch.counts(self.number), batch.place < self.grid.sentinel
        self.batches.append(batch.take(on_grid if counting is None else on_grid & counting))

    def close(self) -> None:
        """Part the rows that agree with no other, which add up, from the others, which each window looks at."""
        super().close()
        self.single = RunningTotals(self.grid)
        place = _joined([b.place for b in self.batches])
        groups = [self._groups(way, place % self.grid.subjects) for way in range(len(self.indicator.causes))]
        agrees = np.any([group != NOTHING for group in groups], axis=0)
        begin = 0
        for batch in self.batches:
            own = agrees[begin : begin + len(batch.place)]
            self.single.add(batch, ~own, 1)
            begin += len(own)
        self.single.close()
        self.place = place[agrees]
        self.first, self.until = (_joined([getattr(b, n) for b in self.batches])[agrees] for n in ("first", "until"))
        self.groups = [group[agrees] for group in groups]
        self.batches = []

    def window(self, number: int, low: int, high: int) -> tuple[Integers, Integers]:
        """Return numbers of causes and of rows over some slots at an as-of date, by its position."""
        causes = self.single.between(number, low, high)
        inside = self.grid.within(self.place, low, high) & (self.first <= number) & (self.until > number)
        connected = connections([group[inside] for group in self.groups], int(np.count_nonzero(inside)))
        one_of_each = self.place[inside][connected == np.arange(len(connected))]
        causes += np.bincount(one_of_each % self.grid.subjects, minlength=self.grid.subjects)
        return causes, self.rows.between(number, low, high)

    def _groups(self, way: int, at: Positions) -> Positions:
        """Return the same number for rows of one subject that agree in a way of sharing a cause."""
        if not len(at):
            return np.empty(0, dtype=np.intp)
        columns = [
            pa.chunked_array([chunk for b in self.batches for chunk in b.column(f"cause_{way}_{part}").chunks])
            for part in range(len(self.indicator.causes[way]))
        ]
        present = np.ones(len(at), dtype=np.bool_)
        for column in columns:
            present &= pc.is_valid(column).to_numpy()
        rows = np.flatnonzero(present)
        group = at[rows].astype(np.int64)
        for column in columns:
            codes, n_codes = codes_of(column.filter(pa.array(present)), most=2**62 // (int(group.max(initial=0)) + 1))
            # Numbered anew after each column, so that the next one can be put beside it in one whole number.
            group = np.unique(group * np.int64(n_codes) + codes, return_inverse=True)[1]
        return _shared(group, rows, len(at))


def _shared(group: Integers, rows: Positions, n_rows: int) -> Positions:
    """Return the group of each row, `NOTHING` for those that are alone in theirs or have none."""
    alone = np.bincount(group)[group] < 2 if len(group) else np.zeros(0, dtype=np.bool_)
    groups = np.full(n_rows, NOTHING, dtype=np.intp)
    groups[rows] = np.where(alone, NOTHING, group)
    return groups


def connections(groups: Sequence[Positions], n_rows: int) -> Positions:
    """Return for each row the first row that it is connected with; rows of one group are, whichever numbering it is of.

    Every row takes over the smallest number of its groups, then that of the row it points to, until nothing changes:
    the way to the first row halves with each round, so that long chains take few.

    Example:
        >>> cases, people = np.array([0, 0, -1, -1]), np.array([-1, 5, 5, -1])
        >>> connections([cases, people], 4).tolist()
        [0, 0, 0, 3]
    """
    first = np.arange(n_rows)
    members = [(np.flatnonzero(group != NOTHING), group[group != NOTHING]) for group in groups]
    while True:
        before = first.copy()
        for rows, group in members:
            lowest = np.full(int(group.max(initial=0)) + 1, n_rows)
            np.minimum.at(lowest, group, first[rows])
            # A row passes on what it learns to the row it pointed to, or chains would be walked one step a round.
            np.minimum.at(first, first[rows], lowest[group])
            first[rows] = np.minimum(first[rows], lowest[group])
        first = first[first]
        if np.array_equal(first, before):
            return first


def _joined(arrays: list[Array]) -> Array:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=np.intp)
