"""Source gaps: stretches in which a source took in next to nothing, so that a small count says nothing.

Each source that is a stream of events is compared with its own history, for the whole force and for each area. An area
is a unit that is no team; a row without a unit belongs to the area in which its officer was posted that day. Rows are
counted in periods of 1 day, counted back from the as-of date; where too few become known within a day, of 7 or 28 days.
The usual volume is the lower quartile of the other periods, which a quiet weekend sets where there is one. A period is
a gap when

- the usual volume is at least 30 rows, from at least 8 other periods and at least 56 days, and
- the period holds at most a tenth of it.

A steady stream of 30 or more a period falls to a tenth by chance less than once in 10 million periods (Poisson). One
whose counts vary three times as much as that does so less than once in 10,000. A source that falls silent often by
nature has a lower quartile of 0 and never shows a gap; neither does one with too few rows to tell.

The last days before an as-of date are not complete yet, because recording takes time. A period that ended h days before
the as-of date is therefore compared with what was known of other periods h days after they had ended.

A source that broke off long ago has so many empty periods that its lower quartile is 0, as if it fell silent often by
nature. Where no period length will do, the empty periods before the as-of date are therefore set aside: if what lies
before them is steady, the source is a gap from the day it fell silent to the as-of date, however long that is. Sources
too sparse to tell by themselves are told by the others: where all records end more than 28 days before the as-of date,
those end too.

Everything here is whole numbers. A source that has not delivered any row yet is a gap from the beginning of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property, partial
from itertools import groupby
from typing import Final

import numpy as np

from data.arrays import Integers
from data.memo import recall
from data.store import Store
from features.gaps.sources import AGES, ENDED, PERIODS, Gap, Sources, VolumeChange
from features.gaps.volumes import Volumes, streams, volumes

FEWEST_ROWS: Final = 30
"""A source with fewer rows in a usual period cannot show a gap."""

FEWEST_PERIODS: Final = 8
"""What is usual is not said from fewer periods than this."""

FEWEST_DAYS: Final = 56
"""What is usual is not said from fewer days than this."""

SHARE: Final = 10
"""A period is a gap when it holds at most one part in so many of what is usual."""

SETTLED: Final = 56
"""A period that ended so many days ago counts as completely recorded."""


def examine(store: Store, *, as_ofs: Iterable[date]) -> Sources:
    """Compare every loaded stream with its own history at each as-of date."""
    days = sorted(set(as_ofs))
    gaps: list[Gap] = []
    changes: list[VolumeChange] = []
    histories = _histories(store, days)
    ends = {day: _records_end([by_area[None] for (at, _), by_area in histories.items() if at == day]) for day in days}
    for (as_of, _), by_area in histories.items():
        force, areas = by_area[None], [history for area, history in by_area.items() if area is not None]
        gaps += force.gaps or force.never() or force.sparse_gaps(ends[as_of])
        gaps += [gap for area in areas for gap in area.gaps if not _within_any(gap, force.gaps)]
        changes += force.changes or [change for area in areas for change in area.changes]
    return Sources(
        tuple(gaps), tuple(changes), _reach({key: by_area[None] for key, by_area in histories.items()}, days)
    )


def _histories(store: Store, days: Sequence[date]) -> dict[tuple[date, str], dict[int | None, _SourceHistory]]:
    """Return the history of each loaded stream at each as-of date, for the whole force (None) and by area."""
    present = store.tables("loaded")
    histories: dict[tuple[date, str], dict[int | None, _SourceHistory]] = {}
    for table in [t for t in streams() if t.name in present]:
        by_area = volumes(store, table, first=days[0], last=days[-1])
        counts = [part for area, own in by_area.items() for part in (area, own.occurred, own.known, own.rows)]
        for as_of in days:
            own_history = partial(_by_area, table.name, as_of, by_area)
            histories[as_of, table.name] = recall("history", (table.name, as_of, *counts), own_history)
    return histories


def _by_area(table: str, as_of: date, by_area: Mapping[int | None, Volumes]) -> dict[int | None, _SourceHistory]:
    force = _SourceHistory(table, None, as_of, by_area[None])
    areas = {area: own for area, own in by_area.items() if area is not None}
    return {None: force} | {
        area: _SourceHistory(table, area, as_of, own, tail=force.tail) for area, own in areas.items()
    }


def _records_end(histories: Sequence[_SourceHistory]) -> date | None:
    """Return the last day of all records where that lies more than 28 days before the as-of date; else None.

    Sources steady enough to tell say it where there are any: a stray row of another one does not prolong the records.
    """
    steady = [history for history in histories if history.first is not None]
    last_days = [history.last for history in steady or histories if history.last is not None]
    if not last_days or (histories[0].as_of - max(last_days)).days - 1 <= ENDED:
        return None
    return max(last_days)


def _within_any(gap: Gap, others: Sequence[Gap]) -> bool:
    return any(o.first <= gap.first and gap.last <= o.last for o in others)


def _reach(histories: Mapping[tuple[date, str], _SourceHistory], days: Sequence[date]) -> dict[tuple[date, str], date]:
    """Return the first day of each source: where it is too sparse to tell, the day from which nearly all its rows are.

    A source without any row is taken to reach as far as the farthest.
    """
    reach: dict[tuple[date, str], date] = {}
    for as_of in days:
        of_day = {table: history for (at, table), history in histories.items() if at == as_of}
        first_days = {table: history.first or history.oldest for table, history in of_day.items()}
        known = {table: first for table, first in first_days.items() if first is not None}
        farthest = min(known.values(), default=date.min)
        reach |= {(as_of, t.name): known.get(t.name, farthest) for t in streams()}
    return reach


class _SourceHistory:
    """One source, in one area or in all, as it stood at an as-of date."""

    def __init__(self, table: str, area: int | None, as_of: date, own: Volumes, *, tail: int = 0) -> None:
        """`tail` is how many days before the as-of date are set aside: those since the whole force fell silent."""
        self.table, self.area, self.as_of = table, area, as_of
        self._complete = own.as_of(as_of)
        self._dated, self.tail = self._complete.before(tail), tail
        period = self._choose(within=0) or self._choose(within=None) or self._set_tail_aside()
        self._period = period or PERIODS[-1]
        self._volumes = self._dated.by_period(self._period)
        silent = self._lasting(list(self._silences())) if period else []
        # Before its first period that is not silent a source is not there yet, which is no gap.
        self._begun = max((n + 1 for n in range(len(self._volumes)) if n not in silent), default=0)
        self._silent = [n for n in silent if n < self._begun]
        self._steady = period is not None

    def _choose(self, *, within: int | None) -> int | None:
        """Return the shortest period that holds enough, at once or in the end, to say what is usual."""
        return next((p for p in PERIODS if _enough(self._dated.by_period(p, within=within), p)), None)

    def _set_tail_aside(self) -> int | None:
        """Set aside the empty periods before the as-of date; return the period in which the rest is steady, or None.

        Periods are empty, or next to it, by the median of those that hold rows. The longest-ended of them would have
        been recorded by now if it held what the others held at its age: otherwise the source is just recorded late.
        """
        for period in PERIODS if len(self._dated.rows) else ():
            counts = self._dated.in_periods(period)
            usual = int(np.median(counts[counts > 0]))
            empty = int(np.argmax(counts * SHARE > usual))
            rest = self._dated.before(period * empty)
            if empty and _enough(rest.by_period(period, within=period * (empty - 1)), period):
                self._dated, self.tail = rest, self.tail + period * empty
                return period
        return None

    @property
    def last(self) -> date | None:
        """The last day with rows, strays in days set aside left out; None where there are no rows."""
        if not len(self._dated.rows):
            return None
        return self.as_of - timedelta(days=self.tail + int(self._dated.age.min()))

    @property
    def first(self) -> date | None:
        """The day from which the source is covered, where it is steady enough to tell.

        Rows may trickle in from before, such as spells that had begun already: these days are not covered.
        """
        if not self._steady:
            return None
        trickle = len(self._volumes) > self._begun
        back = self._period * self._begun if trickle else self._farthest()
        return self.as_of - timedelta(days=self.tail + back)

    def _farthest(self) -> int:
        """Return how many days back the source reaches, beyond the periods that are compared with one another.

        As far as the oldest four weeks that hold more than next to nothing: older rows are strays.
        """
        weeks = PERIODS[-1]
        usual = _quartile(self._volumes) * weeks // self._period
        held = np.flatnonzero(self._dated.in_periods(weeks) * SHARE > usual)
        return min(int(self._dated.age.max()), weeks * (int(held.max(initial=-1)) + 1))

    @property
    def oldest(self) -> date | None:
        """The day before which one row in twenty lies, or none of fewer; None where there are no rows."""
        if not len(self._complete.rows):
            return None
        order = np.argsort(-self._complete.age, kind="stable")
        before = np.cumsum(self._complete.rows[order]) > self._complete.rows.sum() // 20
        return self.as_of - timedelta(days=int(self._complete.age[order][np.argmax(before)]))

    @cached_property
    def gaps(self) -> list[Gap]:
        """The stretches in which the source was silent, the latest first."""
        return [*self._tail_gap(), *(self._gap(run) for run in _runs(self._silent))]

    def _tail_gap(self) -> list[Gap]:
        """Return the days that were set aside as a gap, with those since the last row before them."""
        if not self.tail or not self._steady or self.last is None:
            return []
        first, last = self.last + timedelta(days=1), self.as_of - timedelta(days=1)
        strays = int(self._complete.rows[self._complete.age <= self.tail].sum())
        usual = _quartile(self._volumes) * self.tail // self._period
        return [Gap(self.as_of, self.table, self.area, first, last, strays, usual)]

    def _gap(self, run: Sequence[int]) -> Gap:
        first = self.as_of - timedelta(days=self.tail + self._period * (run[-1] + 1))
        last = self.as_of - timedelta(days=self.tail + self._period * run[0] + 1)
        usual = sum(_quartile(self._others(n)) for n in run)
        return Gap(self.as_of, self.table, self.area, first, last, int(self._volumes[run].sum()), usual)

    def never(self) -> list[Gap]:
        """Return all of the past as a gap where the source has not delivered a row yet."""
        if len(self._complete.rows):
            return []
        ages, yesterday = timedelta(days=AGES), self.as_of - timedelta(days=1)
        return [Gap(self.as_of, self.table, self.area, self.as_of - ages, yesterday, 0, 0)]

    def sparse_gaps(self, records_end: date | None) -> list[Gap]:
        """Return the days since all records ended as a gap of a source too sparse to tell by itself."""
        if records_end is None or self._steady or self.last is None:
            return []
        first, last = max(records_end, self.last) + timedelta(days=1), self.as_of - timedelta(days=1)
        return [Gap(self.as_of, self.table, self.area, first, last, 0, 0)] if first <= last else []

    def _silences(self) -> Iterator[int]:
        """Yield the numbers of the periods that hold next to nothing."""
        # A tenth of the largest is never below a tenth of the quartile: most periods are passed over early.
        for number in np.flatnonzero(self._volumes * SHARE <= self._volumes.max()).tolist():
            others = self._others(number)
            if _enough(others, self._period) and self._volumes[number] * SHARE <= _quartile(others):
                yield number

    def _lasting(self, silent: Sequence[int]) -> list[int]:
        """Return silent periods with the empty ones since the last of them, too fresh to be told by themselves."""
        newest = min(silent, default=0)
        empty = self._volumes[:newest] * SHARE <= _quartile(self._volumes)
        return [*(range(newest) if empty.all() else ()), *silent]

    def _others(self, number: int) -> Integers:
        """Return what the other periods held when they were as old as this one is: all of them once it is settled."""
        age = self.tail + number * self._period
        if age >= SETTLED:
            return np.delete(self._volumes, number)
        return self._dated.by_period(self._period, within=age)[number + 1 :]

    @cached_property
    def changes(self) -> list[VolumeChange]:
        """The clearest lasting change of volume, if there is one.

        Eight periods on either side are compared, of 7 days or, where these hold too few rows, of 28; periods with gaps
        are left out. It is a change when the medians differ by half or more, the smaller is 30 or more, and three
        quarters of the periods on one side lie above three quarters of those on the other.
        """
        for period in PERIODS[1:]:
            volumes = self._dated.by_period(period, within=SETTLED)
            gaps = {n * self._period // period for n in self._silent}
            numbers = np.array([n for n in range(SETTLED // period, len(volumes)) if n not in gaps], dtype=np.int64)
            usable = numbers[(numbers + 1) * period <= self._begun * self._period] if self._steady else numbers
            if len(usable) >= 2 * FEWEST_PERIODS and _quartile(volumes[usable]) >= FEWEST_ROWS:
                return self._change(period, usable, volumes[usable])
        return []

    def _change(self, period: int, numbers: Integers, counts: Integers) -> list[VolumeChange]:
        low, middle, high = np.sort(np.lib.stride_tricks.sliding_window_view(counts, FEWEST_PERIODS), axis=1)[
            :, [FEWEST_PERIODS // 4, FEWEST_PERIODS // 2, 3 * FEWEST_PERIODS // 4]
        ].T
        after, before = slice(None, -FEWEST_PERIODS), slice(FEWEST_PERIODS, None)
        more, less = np.maximum(middle[after], middle[before]), np.minimum(middle[after], middle[before])
        apart = (low[after] > high[before]) | (low[before] > high[after])
        places = np.flatnonzero(apart & (less >= FEWEST_ROWS) & (2 * more >= 3 * less))
        if not len(places):
            return []
        at = places[np.argmax(more[places] * 1000 // less[places])]
        since = self.as_of - timedelta(days=self.tail + period * (int(numbers[at + FEWEST_PERIODS - 1]) + 1))
        medians = int(middle[before][at]), int(middle[after][at])
        return [VolumeChange(self.as_of, self.table, self.area, since, period, *medians)]


def _enough(counts: Integers, period: int) -> bool:
    """Say whether periods are enough, and hold enough, to tell what is usual."""
    fewest = max(FEWEST_PERIODS, FEWEST_DAYS // period)
    return len(counts) >= fewest and _quartile(counts) >= FEWEST_ROWS


def _quartile(counts: Integers) -> int:
    """Return the lower quartile of some counts."""
    # An order statistic, not an interpolation: whole numbers come out the same on every machine.
    return int(np.partition(counts, len(counts) // 4)[len(counts) // 4])


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield runs of neighbouring numbers."""
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        yield [number for _, number in group]
