"""Rows merged into windows: whole-number arithmetic on what one pass over a table tells of each row.

No window cuts a slot of the timeline in two. A row that is known by the first as-of date whose windows can hold its
slot, and stays, is added once into the cell of its slot and subject; a window is then the difference of two running
totals over slots. The few rows that come late or go again are listed, and looked at for each window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from data.arrays import Array, Bools, Ids, Integers, Positions
from features.compile.scan import Scan
from features.indicator import Indicator
from features.windows.codes import codes_of
from features.windows.connected import CountedCauses
from features.windows.grid import Batch, Grid, batches
from features.windows.spells import OverlappingSpells, overlapping
from features.windows.timeline import Timeline
from features.windows.totals import CountedRows, RunningTotals


@dataclass(frozen=True)
class Merged:
    """One indicator over one window at one as-of date, for all subjects of the run in order of their ids.

    `value` means nothing where `n_rows` is 0.
    """

    indicator: Indicator
    window: int
    as_of: date
    value: Integers
    n_rows: Integers


def merge(scan: Scan, line: Timeline, rows: pa.Table, ids: Ids) -> Iterator[Merged]:
    """Yield the values of a scan for every indicator, as-of date and window; `ids` are the subjects, ascending."""
    grid = Grid(line, ids)
    if scan.kind == "days":
        rows = rows.append_column("overlaps", pa.array(overlapping(rows, _value_column(scan.model))))
    totals = [_total(i)(i, number, grid) for number, i in enumerate(scan.indicators)]
    for batch in batches(scan, rows, grid, column="begun" if scan.kind == "days" else "happened"):
        for total in totals:
            total.add(batch)
    if scan.kind == "days":
        for batch in batches(scan, rows, grid, column="ended"):
            for total in totals:
                total.end(batch)
    while totals:  # one after the other, so that each can be let go
        total = totals.pop(0)
        total.close()
        for number, as_of in enumerate(line.as_ofs):
            for window in total.indicator.windows:
                value, n_rows = total.window(number, *line.slots(as_of, window))
                yield Merged(total.indicator, window, as_of, value, n_rows)


class _Sums(CountedRows):
    """Sums of values."""

    def __init__(self, indicator: Indicator, number: int, grid: Grid) -> None:
        super().__init__(indicator, number, grid)
        self.sums = RunningTotals(grid)

    def add(self, batch: Batch) -> None:
        super().add(batch)
        self.sums.add(batch, batch.counts(self.number), batch.integers(f"{self.indicator.name}__value"))

    def close(self) -> None:
        super().close()
        self.sums.close()

    def window(self, number: int, low: int, high: int) -> tuple[Integers, Integers]:
        return self.sums.between(number, low, high), self.rows.between(number, low, high)


class _Extremes(CountedRows):
    """Largest or smallest values: every row stays listed, since a running maximum cannot be taken apart again."""

    def __init__(self, indicator: Indicator, number: int, grid: Grid) -> None:
        super().__init__(indicator, number, grid)
        self.values: list[tuple[Array, ...]] = []

    def add(self, batch: Batch) -> None:
        super().add(batch)
        counting = batch.counts(self.number)
        mask = slice(None) if counting is None else counting
        value = batch.integers(f"{self.indicator.name}__value")
        self.values.append((batch.place[mask], batch.first[mask], batch.until[mask], value[mask]))

    def window(self, number: int, low: int, high: int) -> tuple[Integers, Integers]:
        limits, largest = np.iinfo(np.int64), self.indicator.aggregate == "max"
        extreme = np.full(self.grid.subjects, limits.min if largest else limits.max, dtype=np.int64)
        for place, first, until, value in self.values:
            inside = self.grid.within(place, low, high) & (first <= number) & (until > number)
            further = np.maximum if largest else np.minimum
            further.at(extreme, place[inside] % self.grid.subjects, value[inside])
        return extreme, self.rows.between(number, low, high)


class _Days(CountedRows):
    """Days that any spell covers.

    Up to an edge, spells that overlap no other have covered (begun - ended) times the edge's day number, less the
    balance of the day numbers at which they began and (a day later) ended, over all slots before the edge. A window is
    the difference of its two edges. Spells that overlap are united for each window. As rows, all spells count that
    begin before the end of a window, less those that ended before its beginning.
    """

    def __init__(self, indicator: Indicator, number: int, grid: Grid) -> None:
        super().__init__(indicator, number, grid)
        self.ended, self.single_ended = RunningTotals(grid), RunningTotals(grid)
        self.single_begun, self.balance = RunningTotals(grid), RunningTotals(grid)
        self.overlaps = OverlappingSpells(grid)

    def add(self, batch: Batch) -> None:
        counting, single = self._masks(batch)
        self.rows.add(batch, counting, 1)
        self.single_begun.add(batch, single, 1)
        self.balance.add(batch, single, np.maximum(batch.days, self.grid.edge_days[0]))
        if not single.all():
            self.overlaps.add(batch, ~single if counting is None else counting & ~single, _value_column(self.indicator))

    def end(self, batch: Batch) -> None:
        """Take in the rows of a batch that count, at the last days of their spells."""
        counting, single = self._masks(batch)
        self.ended.add(batch, counting, 1)
        self.single_ended.add(batch, single, 1)
        self.balance.add(batch, single, -(batch.days.astype(np.int64) + 1))

    def _masks(self, batch: Batch) -> tuple[Bools | None, Bools]:
        """Return which rows count (None where all do), and which of these overlap no other."""
        counting = batch.counts(self.number)
        single = ~np.asarray(batch.column("overlaps").to_numpy(), dtype=np.bool_)
        return counting, single if counting is None else single & counting

    def close(self) -> None:
        super().close()
        for total in (self.ended, self.single_begun, self.single_ended, self.balance):
            total.close()
        self.overlaps.close()

    def window(self, number: int, low: int, high: int) -> tuple[Integers, Integers]:
        days = self._days_before(number, high) - self._days_before(number, low)
        n_rows = self.rows.between(number, 0, high) - self.ended.between(number, 0, low)
        return days + self.overlaps.days(number, low, high), n_rows

    def _days_before(self, number: int, edge: int) -> Integers:
        ongoing = self.single_begun.between(number, 0, edge) - self.single_ended.between(number, 0, edge)
        days: Integers = ongoing * self.grid.edge_days[edge] - self.balance.between(number, 0, edge)
        return days


def _value_column(indicator: Indicator) -> str | None:
    return None if indicator.value is None else f"{indicator.name}__value"


class _Distinct(CountedRows):
    """Counts of different values.

    A pair of subject and value that occurs once adds up like a row. Of a pair that occurs several times, only one of
    the rows inside a window counts, and which ones are inside differs from window to window: these stay listed.
    """

    def __init__(self, indicator: Indicator, number: int, grid: Grid) -> None:
        super().__init__(indicator, number, grid)
        self.values: list[tuple[pa.ChunkedArray, Batch]] = []

    def add(self, batch: Batch) -> None:
        super().add(batch)
        counting, on_grid = batch.counts(self.number), batch.place < self.grid.sentinel
        complete = counting is None and on_grid.all()
        own = batch if complete else batch.take(on_grid if counting is None else on_grid & counting)
        self.values.append((own.column(f"{self.indicator.name}__value"), own))

    def close(self) -> None:
        """Part the pairs that occur once, which add up, from those that repeat, which each window looks at."""
        super().close()
        self.single = RunningTotals(self.grid)
        at = _concatenated(batch.place for _, batch in self.values) % self.grid.subjects
        group, repeats = _repeats(at, [values for values, _ in self.values])
        begin = 0
        repeating = []
        for _, batch in self.values:
            own = repeats[begin : begin + len(batch.place)]
            self.single.add(batch, ~own, 1)
            repeating.append((batch.place[own], batch.first[own], batch.until[own]))
            begin += len(own)
        self.repeating = tuple(_concatenated(columns) for columns in zip(*repeating, strict=True)) if repeating else ()
        self.group = group
        self.owner = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.intp)
        self.owner[group] = at[repeats]
        self.values = []
        self.single.close()

    def window(self, number: int, low: int, high: int) -> tuple[Integers, Integers]:
        different = self.single.between(number, low, high)
        if self.repeating:
            place, first, until = self.repeating
            inside = self.grid.within(place, low, high) & (first <= number) & (until > number)
            present = np.zeros(len(self.owner), dtype=np.bool_)
            present[self.group[inside]] = True
            different += np.bincount(self.owner[present], minlength=self.grid.subjects)
        return different, self.rows.between(number, low, high)


def _concatenated(columns: Iterable[Array]) -> Array:
    arrays = list(columns)
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=np.intp)


def _repeats(at: Positions, values: list[pa.ChunkedArray]) -> tuple[Positions, Bools]:
    """Say which pairs of subject and value occur more than once, and number these pairs for the rows that have them."""
    repeats = np.zeros(len(at), dtype=np.bool_)
    if not len(at):
        return np.empty(0, dtype=np.intp), repeats
    column = pa.chunked_array([chunk for value in values for chunk in value.chunks])
    codes, n_codes = codes_of(column, most=(2**63 - 1) // (int(at.max()) + 1))
    # Subject and value in one whole number: sorting then puts rows of a pair next to each other.
    pair = at * np.int64(n_codes) + codes
    order = np.argsort(pair)
    ascending = pair[order]
    as_before = ascending[1:] == ascending[:-1]
    several = np.append(as_before, False)
    several[1:] |= as_before
    rows = order[several]
    begins = np.append(True, ascending[several][1:] != ascending[several][:-1])[: len(rows)]
    number = np.empty(len(at), dtype=np.intp)
    number[rows] = np.cumsum(begins) - 1
    repeats[rows] = True
    return number[repeats], repeats


_TOTALS: Final[Mapping[str, type[CountedRows]]] = {
    "count": CountedRows,
    "sum": _Sums,
    "min": _Extremes,
    "max": _Extremes,
    "days": _Days,
    "distinct": _Distinct,
}


def _total(indicator: Indicator) -> type[CountedRows]:
    return CountedCauses if indicator.independent else _TOTALS[indicator.aggregate]
