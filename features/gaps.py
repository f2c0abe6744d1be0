"""Source gaps: stretches in which a source took in next to nothing, so that a small count says nothing.

Each source that is a stream of events is compared with its own history. Its rows are counted in periods of 7 days,
counted back from the as-of date; where a week is too short for that, in periods of 28 days. The usual volume is the
lower quartile of the other periods. A period is a gap when

- the usual volume is at least 30 rows, from at least 8 other periods, and
- the period holds at most a tenth of it.

A steady stream of 30 or more a period falls to a tenth by chance less than once in 10 million periods (Poisson). One
whose counts vary three times as much as that does so less than once in 10,000. A source that falls silent often by
nature has a lower quartile of 0 and never shows a gap; neither does one with too few rows to tell.

The last days before an as-of date are not complete yet, because recording takes time. A period that ended h days before
the as-of date is therefore compared with what was known of other periods h days after they had ended.

Everything here is whole numbers. Sources with a `unit_id` are looked at for each area as well: the unit itself, or for
a team the unit it belongs to. A source that has not delivered any row yet is a gap from the beginning of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from data.contract import CONTRACT
from data.schema import Table
from data.store import Store
from features.dialect import ROW, day, day_number

PERIODS: Final = (7, 28)
"""The lengths of period that are tried, in days."""

FEWEST_ROWS: Final = 30
"""A source with fewer rows in a usual period cannot show a gap."""

FEWEST_PERIODS: Final = 8
"""What is usual is not said from fewer periods than this."""

SHARE: Final = 10
"""A period is a gap when it holds at most one part in so many of what is usual."""

LOOK_BACK: Final = 730
"""How many days before an as-of date are looked at."""

SETTLED: Final = 56
"""A period that ended so many days ago counts as completely recorded."""

_STANDING: Final = ("people", "declarations", "protected")
"""Categories whose tables list what stands rather than what happened: silence is normal in them."""

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, order=True)
class Gap:
    """A stretch of days, both ends included, in which a source was silent as far as was known at an as-of date.

    `area` is the unit it was silent in; None is the whole force. `found` rows stand where `usual` would be.
    """

    as_of: date
    table: str
    area: int | None
    first: date
    last: date
    found: int
    usual: int

    def to_json(self) -> dict[str, Any]:
        """Return the gap for the manifest."""
        return vars(self) | {"as_of": str(self.as_of), "first": str(self.first), "last": str(self.last)}


@dataclass(frozen=True, order=True)
class Change:
    """A day from which a source took in lastingly more or less, as far as was known at an as-of date.

    `before` and `after` are the median rows of a period on either side. Values are not touched by it: everybody in a
    window shares it. It is listed because comparisons of somebody with their own past do not.
    """

    as_of: date
    table: str
    since: date
    period: int
    before: int
    after: int

    def to_json(self) -> dict[str, Any]:
        """Return the change for the manifest."""
        return vars(self) | {"as_of": str(self.as_of), "since": str(self.since)}


@dataclass(frozen=True)
class Sources:
    """What is known of the sources at each as-of date: gaps, lasting changes, and how far each reaches back."""

    gaps: tuple[Gap, ...] = ()
    changes: tuple[Change, ...] = ()
    reach: Mapping[tuple[date, str], date] = field(default_factory=dict)

    def hit(self, as_of: date, window: int, tables: Iterable[str]) -> tuple[bool, frozenset[int]]:
        """Say whether a window overlaps a gap of one of the tables, and in which areas it overlaps one of theirs."""
        begins = as_of - timedelta(days=window)
        met = [g for g in self.gaps if g.as_of == as_of and g.last >= begins and g.table in set(tables)]
        return any(g.area is None for g in met), frozenset(g.area for g in met if g.area is not None)

    def reaches_back(self, as_of: date, window: int, tables: Iterable[str]) -> bool:
        """Say whether the records of all the tables cover a window from its first day on."""
        begins = as_of - timedelta(days=window)
        return all(self.reach.get((as_of, table), date.min) <= begins for table in tables)


def gaps_from_json(rows: Iterable[Mapping[str, Any]]) -> tuple[Gap, ...]:
    """Return the gaps that a manifest lists."""
    return tuple(
        Gap(
            date.fromisoformat(row["as_of"]),
            row["table"],
            row["area"],
            date.fromisoformat(row["first"]),
            date.fromisoformat(row["last"]),
            row["found"],
            row["usual"],
        )
        for row in rows
    )


def streams() -> list[Table]:
    """Return the tables of which a steady flow of rows is to be expected."""
    return [t for t in CONTRACT if t.category not in _STANDING and t.known is not None]


def examine(store: Store, *, as_ofs: Iterable[date]) -> Sources:
    """Compare every loaded stream with its own history at each as-of date."""
    days = sorted(set(as_ofs))
    present = store.tables("loaded")
    gaps: list[Gap] = []
    changes: list[Change] = []
    first_rows: dict[tuple[date, str], date] = {}
    for table in [t for t in streams() if t.name in present]:
        areas = "unit_id" in table.column and "unit" in present
        for area, counted in _volumes(store, table, days, areas=areas).items():
            for as_of in days:
                seen = _Seen(table.name, area, as_of, counted)
                found = list(seen.gaps())
                gaps += [g for g in found if area is None or not _covered(g, gaps)]
                if area is None:
                    changes += seen.changes()
                    if seen.first is not None:
                        first_rows[as_of, table.name] = seen.first
    return Sources(tuple(sorted(gaps, key=_order)), tuple(changes), _reach(first_rows, days))


def _order(gap: Gap) -> tuple[date, str, int, date]:
    return gap.as_of, gap.table, -1 if gap.area is None else gap.area, gap.first


def _covered(gap: Gap, others: Sequence[Gap]) -> bool:
    """Say whether the whole force was silent in all of a stretch in which an area was."""
    whole = [o for o in others if o.area is None and (o.as_of, o.table) == (gap.as_of, gap.table)]
    return any(o.first <= gap.first and gap.last <= o.last for o in whole)


def _reach(first_rows: Mapping[tuple[date, str], date], days: Sequence[date]) -> dict[tuple[date, str], date]:
    """Return the first day of each source; sources too sparse to tell are taken to reach as far as the farthest."""
    found: dict[tuple[date, str], date] = {}
    for as_of in days:
        own = {table: first for (at, table), first in first_rows.items() if at == as_of}
        farthest = min(own.values(), default=date.min)
        found |= {(as_of, t.name): own.get(t.name, farthest) for t in streams()}
    return found


@dataclass(frozen=True)
class _Volumes:
    """How many rows happened on a day and became known on another, by day number: three parallel arrays."""

    occurred: Whole
    known: Whole
    rows: Whole


def _volumes(store: Store, table: Table, days: Sequence[date], *, areas: bool) -> dict[int | None, _Volumes]:
    """Count a table's rows by day and day known, for the force (None) and, where asked for, for each area."""
    moment, known = f"{ROW}.{table.occurred or table.known}", f"{ROW}.{table.known}"
    area = "CASE WHEN u.kind = 'team' THEN u.parent_unit_id ELSE u.unit_id END" if areas else "NULL"
    join = f"LEFT JOIN loaded.unit AS u ON u.unit_id = {ROW}.unit_id " if areas else ""
    query = (
        f"SELECT {area} AS area, {day_number(f'CAST({moment} AS DATE)')} AS occurred,"
        f" {day_number(f'CAST({known} AS DATE)')} AS known, count(*) AS n\n"
        f"FROM loaded.{table.name} AS {ROW} {join}\n"
        f"WHERE {known} < {day(days[-1])} AND {moment} < {day(days[-1])}\n"
        "GROUP BY 1, 2, 3"
    )
    counted = store.arrow(query, step=f"{days[0]}_to_{days[-1]}/gaps/{table.name}")
    whole = [np.asarray(counted[name].to_numpy(), dtype=np.int64) for name in ("occurred", "known", "n")]
    found: dict[int | None, _Volumes] = {None: _Volumes(*whole)}
    if areas:
        labels = np.asarray(counted["area"].fill_null(-1).to_numpy(), dtype=np.int64)
        named = sorted(set(labels.tolist()) - {-1})
        found |= {name: _Volumes(*(column[labels == name] for column in whole)) for name in named}
    return found


class _Seen:
    """The volumes of one source, in one area or all, as they stood at an as-of date."""

    def __init__(self, table: str, area: int | None, as_of: date, counted: _Volumes) -> None:
        self.table, self.area, self.as_of = table, area, as_of
        now = (as_of - date(1970, 1, 1)).days
        there = (counted.known < now) & (counted.occurred < now)
        self._age = now - counted.occurred[there]  # 1 is the day before the as-of date
        self._lag = np.maximum(counted.known[there] - counted.occurred[there], 0)
        self._rows = counted.rows[there]
        self._period, self._volumes = self._choose()
        silent = set(self._silences())
        self._covered = max((n + 1 for n in range(len(self._volumes)) if n not in silent), default=0)
        self._silent = sorted(n for n in silent if n < self._covered)

    @property
    def first(self) -> date | None:
        """The day from which the source is covered, where it is steady enough to tell.

        Rows may trickle in from before, such as spells that had begun already: these days are not covered.
        """
        if self._period is None:
            return None
        earliest = self.as_of - timedelta(days=int(self._age.max()))
        trickle = len(self._volumes) > self._covered
        return self.as_of - timedelta(days=self._period * self._covered) if trickle else earliest

    def gaps(self) -> Iterator[Gap]:
        """Yield the stretches in which the source was silent, the latest first."""
        if not len(self._rows) and self.area is None:
            beginning = self.as_of - timedelta(days=10 * 365)
            yield Gap(self.as_of, self.table, None, beginning, self.as_of - timedelta(days=1), 0, 0)
        period = self._period
        if period is None:
            return
        for run in _runs(self._silent):
            first = self.as_of - timedelta(days=period * (run[-1] + 1))
            last = self.as_of - timedelta(days=period * run[0] + 1)
            usual = sum(_quartile(self._others(period, n)) for n in run)
            yield Gap(self.as_of, self.table, self.area, first, last, int(self._volumes[run].sum()), usual)

    def _choose(self) -> tuple[int | None, Whole]:
        """Return the shortest period that holds enough rows to say what is usual, if one does, and its volumes."""
        for period in PERIODS:
            volumes = self._by_period(period, within=None)
            if len(volumes) > FEWEST_PERIODS and _quartile(volumes) >= FEWEST_ROWS:
                return period, volumes
        return None, np.empty(0, dtype=np.int64)

    def _by_period(self, period: int, *, within: int | None) -> Whole:
        """Count rows by whole period, the latest first; `within` counts only those known so soon after its end."""
        reach = min(int(self._age.max(initial=0)), LOOK_BACK) // period
        number = (self._age - 1) // period
        chosen = number < reach
        if within is not None:
            chosen &= self._lag <= self._age - 1 - number * period + within
        return np.bincount(number[chosen], weights=self._rows[chosen], minlength=reach).astype(np.int64)

    def _others(self, period: int, number: int) -> Whole:
        """Return what the other periods held when they were as old as this one is: all of them once it is settled."""
        if number * period >= SETTLED:
            return np.delete(self._volumes, number)
        return self._by_period(period, within=number * period)[number + 1 :]

    def _silences(self) -> Iterator[int]:
        """Yield the numbers of the periods that hold next to nothing."""
        for number, volume in enumerate(self._volumes.tolist() if self._period else ()):
            if volume * SHARE <= self._volumes.max():
                others = self._others(self._period or 0, number)
                if len(others) >= FEWEST_PERIODS and _quartile(others) >= max(FEWEST_ROWS, volume * SHARE):
                    yield number

    def changes(self) -> list[Change]:
        """Return the clearest lasting change of volume, if there is one.

        Half a year on either side (at least 8 periods) is compared, gaps left out. It is a change when the medians
        differ by half or more, the smaller is 30 or more, and three quarters of the periods on one side lie above three
        quarters of those on the other.
        """
        period = self._period
        if period is None:
            return []
        settled = self._by_period(period, within=SETTLED)[SETTLED // period : self._covered]
        settled = np.delete(settled, [n - SETTLED // period for n in self._silent if n * period >= SETTLED])
        found = [c for c in (self._change(period, settled, n) for n in range(len(settled))) if c is not None]
        return [min(found, key=lambda c: (-c[0], c[1].since))[1]] if found else []

    def _change(self, period: int, settled: Whole, number: int) -> tuple[int, Change] | None:
        sides = 182 // period
        after, before = settled[max(number - sides, 0) : number], settled[number : number + sides]
        if min(len(after), len(before)) < FEWEST_PERIODS:
            return None
        low, high = sorted([before, after], key=lambda v: int(np.sort(v)[len(v) // 2]))
        small, large = (int(np.sort(v)[len(v) // 2]) for v in (low, high))
        parted = _quartile(high) > int(np.sort(low)[(3 * len(low)) // 4])
        if small < FEWEST_ROWS or 2 * large < 3 * small or not parted:
            return None
        since = self.as_of - timedelta(days=period * (number + SETTLED // period))
        medians = (small, large) if low is before else (large, small)
        return large * 1000 // small, Change(self.as_of, self.table, since, period, *medians)


def _quartile(volumes: Whole) -> int:
    """Return the lower quartile of some counts."""
    return int(np.sort(volumes)[len(volumes) // 4])


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield runs of neighbouring numbers."""
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        yield [number for _, number in group]
