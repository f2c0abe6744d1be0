"""Rows of a scan put in their places: subject, slot of time, and the as-of dates at which they count."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.arrays import Positions
from data.calendar import day_number
from features.compile.scan import Gate, Scan
from features.windows.timeline import Timeline

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Dates = npt.NDArray[np.int16]
"""Positions among the as-of dates, of which there are never thousands."""
Flags = npt.NDArray[np.bool_]

AT_A_TIME: Final = 1 << 21
"""How many rows are worked on at once: enough for few steps, and little memory."""

SPARSE: Final = 64
"""A list by id is kept where ids span at most so many times as many numbers as there are subjects."""

_NEVER: Final = 1 << 30
"""A day that never comes: numbers of days can be taken from it and stay whole numbers of 32 bits."""
_EPOCH: Final = date(1970, 1, 1)


class Places:
    """Where days and subjects stand on a timeline and among the subjects of a run.

    A place is the number of a slot times that of the subjects, plus the position of a subject. The last place,
    `nowhere`, is that of rows to be passed over.
    """

    def __init__(self, line: Timeline, ids: Whole) -> None:
        self.slots, self.subjects, self.dates = line.n_slots, len(ids), len(line.as_ofs)
        self.nowhere = self.slots * self.subjects
        self.edge_days = np.array([day_number(edge) for edge in line.edges], dtype=np.int64)
        self._as_ofs = np.array([day_number(day) for day in line.as_ofs], dtype=np.int64)
        self._ids = ids
        days = np.arange(self.edge_days[0], self.edge_days[-1])
        slot = np.searchsorted(self.edge_days, days, side="right") - 1
        self._place_of_day = np.append(slot * self.subjects, self.nowhere)
        self._wanted_by_day: Dates = np.searchsorted(self._as_ofs, self.edge_days[slot + 1]).astype(np.int16)
        near = np.arange(self._as_ofs[0] - 1, self._as_ofs[-1] + 1)
        self._seen: Dates = np.searchsorted(self._as_ofs, near, side="right").astype(np.int16)

    def at(self, subject: Whole) -> Positions:
        """Return the positions of subjects among all, below 0 for strangers."""
        if not self.subjects:
            return np.full(len(subject), -1, dtype=np.intp)
        lowest, highest = int(self._ids[0]), int(self._ids[-1])
        if highest - lowest < SPARSE * self.subjects + AT_A_TIME:
            return self._by_id.take(subject - (lowest - 1), mode="clip")
        at = np.minimum(np.searchsorted(self._ids, subject), self.subjects - 1)
        return np.where(self._ids[at] == subject, at, -1)

    @cached_property
    def _by_id(self) -> Positions:
        """The position of each id from below the lowest to above the highest."""
        lowest = int(self._ids[0])
        found = np.full(int(self._ids[-1]) - lowest + 3, -1, dtype=np.intp)
        found[self._ids - lowest + 1] = np.arange(self.subjects)
        return found

    def place(self, days: Numbers, at: Positions) -> Positions:
        """Return the place of each day and subject, days before the first one moved to it; strangers are nowhere."""
        found = self._place_of_day.take(days - np.int32(self.edge_days[0]), mode="clip")
        found += at
        found[(at < 0) | (days >= np.int32(self.edge_days[-1]))] = self.nowhere
        return found

    def wanted(self, days: Numbers) -> Dates:
        """Return the position of the first as-of date whose windows can hold each day's slot."""
        return self._wanted_by_day.take(days - np.int32(self.edge_days[0]), mode="clip")

    def seen(self, known: Numbers) -> Dates:
        """Return the position of the first as-of date after each day."""
        return self._seen.take(known - np.int32(self._as_ofs[0] - 1), mode="clip")

    def within(self, place: Positions, low: int, high: int) -> Flags:
        """Say which places lie in the slots from `low` to before `high`."""
        return (place >= low * self.subjects) & (place < high * self.subjects)


@dataclass(frozen=True)
class Part:
    """Rows of a scan in one of its states, all of which come in time for their slot and stay, or all of which do not.

    `first` and `until` are the positions of the first as-of date at which a row counts and of the first at which it no
    longer does; `days` are day numbers from 1 January 1970. `rows` are those that the query gave, and `index` says
    which of them are meant; None means all, of which some may be nowhere.
    """

    rows: pa.Table
    index: Positions | None
    state: int
    place: Positions
    first: Dates
    until: Dates
    days: Numbers
    late: bool

    def chosen(self, number: int) -> Flags | None:
        """Return which rows count for the indicator of a number; None where all do."""
        if self._counts is None:
            return None
        found: Flags = (self._counts & np.int32(1 << number)) != 0
        return found

    @cached_property
    def _counts(self) -> Numbers | None:
        name = f"counts_{self.state}"
        return self.column(name).to_numpy() if name in self.rows.column_names else None

    def column(self, name: str) -> pa.ChunkedArray:
        """Return a column for these rows, in this state."""
        own = f"{name}_{self.state}"
        found = self.rows[own if own in self.rows.column_names else name]
        return found if self.index is None else found.take(pa.array(self.index))

    def whole(self, name: str) -> Whole:
        """Return a column of whole numbers; null, which stands where nothing counts, is 0."""
        column = self.column(name)
        return np.asarray((column.fill_null(0) if column.null_count else column).to_numpy(), dtype=np.int64)

    def only(self, chosen: Flags) -> Part:
        """Return some of the rows."""
        index = np.flatnonzero(chosen) if self.index is None else self.index[chosen]
        arrays = {name: getattr(self, name)[chosen] for name in ("place", "first", "until", "days")}
        return replace(self, index=index, **arrays)


def parts(scan: Scan, rows: pa.Table, places: Places, *, column: str) -> Iterator[Part]:
    """Yield the rows of a scan's query in every state, placed by a column of days.

    Rows without such a day, on or after the last day of the timeline, or of a subject that is none of the run's are
    nowhere.
    """
    states = list(scan.states())
    for begin in range(0, len(rows), AT_A_TIME):
        some = rows.slice(begin, AT_A_TIME)
        days = _days(some, column)
        place = places.place(days, places.at(some["subject_id"].to_numpy()))
        wanted = places.wanted(days)
        for number, closed in enumerate(states):
            first, until = _stretch(scan, some, places, closed)
            part = Part(some, None, number, place, first, until, days, late=False)
            late = first > wanted
            if until.strides != (0,):
                late |= until < places.dates
            if late.any():
                yield replace(part, place=np.where(late, places.nowhere, place))
                late &= (first < until) & (place < places.nowhere)
                yield replace(part.only(late), late=True)
            else:
                yield part


def _days(rows: pa.Table, name: str) -> Numbers:
    """Return a column of days as day numbers, null as the last of all."""
    numbers = rows[name].cast(pa.int32())
    found: Numbers = (numbers.fill_null(_NEVER) if numbers.null_count else numbers).to_numpy()
    return found


def _stretch(scan: Scan, rows: pa.Table, places: Places, closed: Collection[Gate]) -> tuple[Dates, Dates]:
    """Return from which as-of date to before which each row counts in a state."""
    first = np.broadcast_to(np.int16(0), len(rows))
    until = np.broadcast_to(np.int16(places.dates), len(rows))
    opening = [f"gate_{n}" for n, gate in enumerate(scan.gates) if gate not in closed]
    closing = [f"gate_{n}" for n, gate in enumerate(scan.gates) if gate in closed]
    for name in ["known", *opening]:
        if name in rows.column_names:
            seen = places.seen(_days(rows, name))
            first = np.maximum(first, seen) if first.strides != (0,) else seen
    for name in ["gone", *closing]:
        if name in rows.column_names:
            until = np.minimum(until, places.seen(_days(rows, name)))
    return first, until
