"""Days that any of several spells covers: united where spells overlap, and added up over different people.

Days of spells that touch no other one add up, and a running total holds them. Spells that overlap, such as two postings
at once or an absence entered twice, would be counted more than once by it: these stay listed, and are united for each
window.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.arrays import Array, Bools, Integers
from features.windows.codes import codes_of
from features.windows.grid import Batch, Grid

_NEVER = 1 << 30
"""A day after all others: the end of a spell that lasts."""


def overlapping(rows: pa.Table, value: str | None) -> Bools:
    """Say which spells share a day with another one of the same subject and, where one is named, the same value.

    Whether both count at one as-of date is not asked: a spell that might be counted twice is listed, no more.
    """
    if not len(rows):
        return np.zeros(0, dtype=np.bool_)
    group = _groups(rows["subject_id"], rows[value] if value else None)
    begun, ended = (_day_numbers(rows[name]) for name in ("begun", "ended"))
    order = np.lexsort((begun, group))
    group, begun, ended = group[order], begun[order], ended[order]
    apart = begun > _latest_before(group, ended)
    cluster = np.cumsum(apart) - 1
    overlaps = np.empty(len(order), dtype=np.bool_)
    overlaps[order] = np.bincount(cluster)[cluster] > 1
    return overlaps


class OverlappingSpells:
    """Spells that overlap, listed, and the days of a window that they cover together."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._columns: list[tuple[Array, ...]] = []
        self._values: list[pa.ChunkedArray] = []

    def add(self, batch: Batch, mask: Bools, value: str | None) -> None:
        """Take in the rows of a batch that a mask leaves, with the value whose spells are united."""
        own = batch.take(mask & (batch.place < self._grid.sentinel))
        at = own.place % self._grid.subjects
        begun, ended = own.days.astype(np.int64), _day_numbers(own.column("ended"))
        self._columns.append((at, begun, ended, own.first, own.until))
        if value:
            self._values.append(own.column(value))

    def close(self) -> None:
        """Sort the spells by subject, value and first day: nothing is added any more."""
        if not self._columns:
            return
        columns = [np.concatenate(column) for column in zip(*self._columns, strict=True)]
        value = pa.chunked_array([c for column in self._values for c in column.chunks]) if self._values else None
        group = _groups(pa.array(columns[0]), value)
        order = np.lexsort((columns[1], group))
        self._at, self._begun, self._ended, self._first, self._until = (column[order] for column in columns)
        self._group = group[order]

    def days(self, number: int, low: int, high: int) -> Integers:
        """Return how many days of some slots each subject's spells cover at an as-of date, by its position."""
        days = np.zeros(self._grid.subjects, dtype=np.int64)
        if not self._columns:
            return days
        first_day, last_day = self._grid.edge_days[low], self._grid.edge_days[high] - 1
        there = (self._first <= number) & (self._until > number)
        there &= (self._begun <= last_day) & (self._ended >= first_day)
        begin, end = np.maximum(self._begun[there], first_day), np.minimum(self._ended[there], last_day)
        # Sorted by first day, a spell adds the days after the latest one that earlier spells have covered.
        fresh = end - np.maximum(begin - 1, _latest_before(self._group[there], end))
        np.add.at(days, self._at[there], np.maximum(fresh, 0))
        return days


def _latest_before(group: Integers, day: Integers) -> Integers:
    """Return the latest day among the earlier rows of a row's group, a day before all others where there are none.

    Groups ascend. Each gets a range of numbers of its own, above those of the groups before, so that one running
    maximum over all rows never carries a day over from another group.
    """
    if not len(group):
        return np.empty(0, dtype=np.int64)
    begins = np.append(True, group[1:] != group[:-1])
    lowest, span = int(day.min()), int(day.max()) - int(day.min()) + 1
    offset = np.cumsum(begins) * span - lowest
    latest = np.maximum.accumulate(offset + day)
    return np.where(begins, -_NEVER, np.append(0, latest[:-1]) - offset)


def _groups(subject: pa.ChunkedArray | pa.Array, value: pa.ChunkedArray | None) -> Integers:
    """Return a whole number for each pair of subject and value, equal where both are."""
    own, _ = codes_of(subject, most=2**62)
    if value is None:
        return own
    codes, n_codes = codes_of(value, most=2**62 // (int(own.max(initial=0)) + 1))
    return own * np.int64(n_codes) + codes


def _day_numbers(column: pa.ChunkedArray) -> Integers:
    return np.asarray(column.cast(pa.int32()).fill_null(_NEVER).to_numpy(), dtype=np.int64)
