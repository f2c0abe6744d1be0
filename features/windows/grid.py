"""Rows of a scan on a grid of slots by subjects, each with the as-of dates at which it counts.

A value is asked for at several as-of dates and over several windows, and a row may come to be known late. Two numbers
say all that matters of a row's time: its *place*, which is its slot and its subject in one whole number, and the
stretch of as-of dates at which it counts. Nearly every row is known by the first as-of date whose windows reach its
slot, and stays: such a row can be added to its place once, for all dates. Only the others, which are *late*, need their
stretch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.arrays import Bools, Ids, Integers, Positions
from data.calendar import day_number
from features.compile.scan import Gate, Scan
from features.windows.timeline import Timeline

ShortDays = npt.NDArray[np.int32]
"""Day numbers from 1 January 1970 in 32 bits, half the memory of `Integers`: there are as many as rows."""
AsOfPositions = npt.NDArray[np.int16]
"""Positions among the as-of dates, of which there are never thousands."""

BATCH_ROWS: Final = 1 << 21
"""How many rows are worked on at once: enough for few steps, and little memory."""

SPARSE: Final = 64
"""A list by id is kept where ids span at most so many times as many numbers as there are subjects."""

_NEVER: Final = 1 << 30
"""A day that never comes: numbers of days can be taken from it and stay whole numbers of 32 bits."""


class Grid:
    """The slots of a timeline by the subjects of a run.

    A place is the number of a slot times that of the subjects, plus the position of a subject. Rows outside the
    timeline, and ids that are not subjects, get the `sentinel` place after all others: they can then be added like any
    row, into a cell that nobody reads, which is faster than leaving them out.
    """

    def __init__(self, line: Timeline, ids: Ids) -> None:
        self.slots, self.subjects, self.dates = line.n_slots, len(ids), len(line.as_ofs)
        self.sentinel = self.slots * self.subjects
        self.edge_days = np.array([day_number(edge) for edge in line.edges], dtype=np.int64)
        self._as_ofs = np.array([day_number(day) for day in line.as_ofs], dtype=np.int64)
        self._ids = ids
        # One entry for each day of the timeline: looking a row's day up is then one step, not a search.
        days = np.arange(self.edge_days[0], self.edge_days[-1])
        slot = np.searchsorted(self.edge_days, days, side="right") - 1
        self._place_of_day = np.append(slot * self.subjects, self.sentinel)
        self._reader_of_day: AsOfPositions = np.searchsorted(self._as_ofs, self.edge_days[slot + 1]).astype(np.int16)
        near = np.arange(self._as_ofs[0] - 1, self._as_ofs[-1] + 1)
        self._next_as_of: AsOfPositions = np.searchsorted(self._as_ofs, near, side="right").astype(np.int16)

    def positions(self, subject: Ids) -> Positions:
        """Return the positions of ids among the subjects, -1 for those that are not subjects."""
        if not self.subjects:
            return np.full(len(subject), -1, dtype=np.intp)
        lowest, highest = int(self._ids[0]), int(self._ids[-1])
        if highest - lowest < SPARSE * self.subjects + BATCH_ROWS:
            return self._position_of_id.take(subject - (lowest - 1), mode="clip")
        at = np.minimum(np.searchsorted(self._ids, subject), self.subjects - 1)
        return np.where(self._ids[at] == subject, at, -1)

    @cached_property
    def _position_of_id(self) -> Positions:
        """The position of each id from below the lowest to above the highest."""
        lowest = int(self._ids[0])
        position = np.full(int(self._ids[-1]) - lowest + 3, -1, dtype=np.intp)
        position[self._ids - lowest + 1] = np.arange(self.subjects)
        return position

    def place(self, days: ShortDays, at: Positions) -> Positions:
        """Return the place of each day and subject; a day before the timeline counts as its first one."""
        place = self._place_of_day.take(days - np.int32(self.edge_days[0]), mode="clip")
        place += at
        place[(at < 0) | (days >= np.int32(self.edge_days[-1]))] = self.sentinel
        return place

    def first_reader(self, days: ShortDays) -> AsOfPositions:
        """Return the position of the first as-of date whose windows can hold each day's slot."""
        return self._reader_of_day.take(days - np.int32(self.edge_days[0]), mode="clip")

    def next_as_of(self, days: ShortDays) -> AsOfPositions:
        """Return the position of the first as-of date after each day."""
        return self._next_as_of.take(days - np.int32(self._as_ofs[0] - 1), mode="clip")

    def within(self, place: Positions, low: int, high: int) -> Bools:
        """Say which places lie in the slots from `low` to before `high`."""
        return (place >= low * self.subjects) & (place < high * self.subjects)


@dataclass(frozen=True)
class Batch:
    """Rows of a scan in one state of its gates: either none of them is late, or all are.

    `first` and `until` are the positions of the first as-of date at which a row counts and of the first at which it no
    longer does; `days` are day numbers. `rows` are those that the query gave, and `index` says which of them are meant;
    None means all, of which some may stand at the sentinel place.
    """

    rows: pa.Table
    index: Positions | None
    state: int
    place: Positions
    first: AsOfPositions
    until: AsOfPositions
    days: ShortDays
    late: bool

    def counts(self, number: int) -> Bools | None:
        """Return which rows count for the indicator of a number; None where all do."""
        if self._indicator_bits is None:
            return None
        counting: Bools = (self._indicator_bits & np.int32(1 << number)) != 0
        return counting

    @cached_property
    def _indicator_bits(self) -> npt.NDArray[np.int32] | None:
        name = f"counts_{self.state}"
        return self.column(name).to_numpy() if name in self.rows.column_names else None

    def column(self, name: str) -> pa.ChunkedArray:
        """Return a column for these rows, in this state."""
        own = f"{name}_{self.state}"
        column = self.rows[own if own in self.rows.column_names else name]
        return column if self.index is None else column.take(pa.array(self.index))

    def integers(self, name: str) -> Integers:
        """Return a column of whole numbers; null, which stands where nothing counts, is 0."""
        column = self.column(name)
        return np.asarray((column.fill_null(0) if column.null_count else column).to_numpy(), dtype=np.int64)

    def take(self, mask: Bools) -> Batch:
        """Return some of the rows."""
        index = np.flatnonzero(mask) if self.index is None else self.index[mask]
        arrays = {name: getattr(self, name)[mask] for name in ("place", "first", "until", "days")}
        return replace(self, index=index, **arrays)


def batches(scan: Scan, rows: pa.Table, grid: Grid, *, column: str) -> Iterator[Batch]:
    """Yield the rows of a scan's query in every state of its gates, placed by a column of days.

    Rows without such a day, rows on or after the last day of the timeline, and rows of ids that are not subjects get
    the sentinel place.
    """
    states = list(scan.states())
    for begin in range(0, len(rows), BATCH_ROWS):
        piece = rows.slice(begin, BATCH_ROWS)
        days = _days(piece, column)
        place = grid.place(days, grid.positions(piece["subject_id"].to_numpy()))
        reader = grid.first_reader(days)
        for number, closed in enumerate(states):
            first, until = _stretch(scan, piece, grid, closed)
            batch = Batch(piece, None, number, place, first, until, days, late=False)
            late = first > reader
            if until.strides != (0,):
                late |= until < grid.dates
            if late.any():
                yield replace(batch, place=np.where(late, grid.sentinel, place))
                late &= (first < until) & (place < grid.sentinel)
                yield replace(batch.take(late), late=True)
            else:
                yield batch


def _days(rows: pa.Table, name: str) -> ShortDays:
    """Return a column of days as day numbers, null as the last of all."""
    column = rows[name].cast(pa.int32())
    numbers: ShortDays = (column.fill_null(_NEVER) if column.null_count else column).to_numpy()
    return numbers


def _stretch(scan: Scan, rows: pa.Table, grid: Grid, closed: Collection[Gate]) -> tuple[AsOfPositions, AsOfPositions]:
    """Return from which as-of date to before which each row counts in a state.

    It begins once the row is known and every open gate has opened, and ends when the row is ruled out or a closed gate
    opens. Bounds that are the same for all rows are broadcast from one number, which strides of 0 tell.
    """
    first = np.broadcast_to(np.int16(0), len(rows))
    until = np.broadcast_to(np.int16(grid.dates), len(rows))
    opening = [f"gate_{n}" for n, gate in enumerate(scan.gates) if gate not in closed]
    closing = [f"gate_{n}" for n, gate in enumerate(scan.gates) if gate in closed]
    for name in ["known", *opening]:
        if name in rows.column_names:
            since = grid.next_as_of(_days(rows, name))
            first = np.maximum(first, since) if first.strides != (0,) else since
    for name in ["gone", *closing]:
        if name in rows.column_names:
            until = np.minimum(until, grid.next_as_of(_days(rows, name)))
    return first, until
