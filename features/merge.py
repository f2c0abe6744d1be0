"""Cells merged into windows: plain whole-number arithmetic on what one pass over a table left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.base import Indicator
from features.scan import Scan
from features.timeline import Timeline

Whole = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Merged:
    """One indicator over one window at one as-of date, for all subjects of the run in order of their ids.

    `value` means nothing where `n_rows` is 0.
    """

    value: Whole
    n_rows: Whole


Key = tuple[str, int, date]
"""Indicator, window, as-of date."""


def merge(scan: Scan, line: Timeline, cells: pa.Table, ids: Whole) -> Iterator[tuple[Key, Merged]]:
    """Yield the values of a scan for every indicator, as-of date and window; `ids` are the subjects, ascending."""
    placed = _place(cells, line, ids)
    for indicator in scan.indicators:
        if scan.kind == "days":
            found = _merge_days(indicator, line, placed)
        elif scan.kind == "distinct":
            found = _merge_distinct(indicator, line, placed)
        elif indicator.aggregate in ("min", "max"):
            found = _merge_extremes(indicator, line, placed)
        else:
            found = _merge_sums(indicator, line, placed)
        for (as_of, window), merged in found:
            yield (indicator.name, window, as_of), merged


@dataclass(frozen=True)
class _Placed:
    """Cells with their subject's position, their slot, and when they count: from `first` to before `until`."""

    cells: pa.Table
    dates: int
    slots: int
    subjects: int
    at: Positions
    slot: Positions
    first: Positions
    until: Positions

    @cached_property
    def index(self) -> Positions:
        """Where each cell stands in an array by slot and subject, laid flat."""
        return self.slot * self.subjects + self.at

    @cached_property
    def entering(self) -> list[Positions]:
        """The cells that begin to count at each as-of date."""
        return _at_each_date(self.first, self.dates)

    @cached_property
    def leaving(self) -> list[Positions]:
        """The cells that no longer count from each as-of date on."""
        return _at_each_date(self.until, self.dates)

    def column(self, name: str) -> Whole:
        """Return a column of whole numbers; null, which stands where nothing counts, is 0."""
        return np.asarray(self.cells[name].fill_null(0).to_numpy(), dtype=np.int64)

    def there(self, name: str) -> npt.NDArray[np.bool_]:
        """Return where a column is not null."""
        return np.asarray(self.cells[name].is_valid().to_numpy(), dtype=np.bool_)

    def visible(self, number: int) -> npt.NDArray[np.bool_]:
        """Return which cells count at an as-of date, by its position."""
        return (self.first <= number) & (self.until > number)


def _place(cells: pa.Table, line: Timeline, ids: Whole) -> _Placed:
    subject = np.asarray(cells["subject_id"].to_numpy(), dtype=np.int64)
    at = np.searchsorted(ids, subject)
    wanted = at < len(ids)
    wanted[wanted] = ids[at[wanted]] == subject[wanted]
    if not wanted.all():
        cells, at = cells.filter(pa.array(wanted)), at[wanted]
    base = len(line.as_ofs) + 1
    rest, until = np.divmod(np.asarray(cells["cell"].to_numpy(), dtype=np.int64), base)
    slot, first = np.divmod(rest, base)
    return _Placed(cells, len(line.as_ofs), line.n_slots, len(ids), at, slot, first, until)


def _running(placed: _Placed, values: Whole) -> Iterator[Whole]:
    """Yield, for each as-of date in turn, the sum of the visible cells by slot and subject; the array is used again."""
    total = np.zeros((placed.slots, placed.subjects), dtype=np.int64)
    flat = total.reshape(-1)
    for entering, leaving in zip(placed.entering, placed.leaving, strict=True):
        np.add.at(flat, placed.index[entering], values[entering])
        np.subtract.at(flat, placed.index[leaving], values[leaving])
        yield total


def _at_each_date(positions: Positions, dates: int) -> list[Positions]:
    """Return, for each as-of date, which positions are that date's; others than these are left out."""
    order = np.argsort(positions, kind="stable")
    edges = np.searchsorted(positions[order], np.arange(dates + 1))
    return [order[low:high] for low, high in pairwise(edges.tolist())]


def _windows(line: Timeline, indicator: Indicator, as_of: date) -> Iterator[tuple[int, int, int]]:
    for window in indicator.windows:
        yield (window, *line.slots(as_of, window))


Found = Iterator[tuple[tuple[date, int], Merged]]


def _merge_sums(indicator: Indicator, line: Timeline, placed: _Placed) -> Found:
    rows = placed.column(f"{indicator.name}__n")
    counts = _running(placed, rows)
    if indicator.aggregate == "count":
        for as_of, count in zip(line.as_ofs, counts, strict=True):
            for window, low, high in _windows(line, indicator, as_of):
                n = count[low:high].sum(axis=0)
                yield (as_of, window), Merged(n, n)
        return
    sums = _running(placed, placed.column(f"{indicator.name}__value"))
    for as_of, count, total in zip(line.as_ofs, counts, sums, strict=True):
        for window, low, high in _windows(line, indicator, as_of):
            yield (as_of, window), Merged(total[low:high].sum(axis=0), count[low:high].sum(axis=0))


def _merge_extremes(indicator: Indicator, line: Timeline, placed: _Placed) -> Found:
    value, there = placed.column(f"{indicator.name}__value"), placed.there(f"{indicator.name}__value")
    further = np.maximum if indicator.aggregate == "max" else np.minimum
    limits = np.iinfo(np.int64)
    worst = limits.min if indicator.aggregate == "max" else limits.max
    counts = _running(placed, placed.column(f"{indicator.name}__n"))
    for number, (as_of, count) in enumerate(zip(line.as_ofs, counts, strict=True)):
        visible = there & placed.visible(number)
        for window, low, high in _windows(line, indicator, as_of):
            chosen = visible & (placed.slot >= low) & (placed.slot < high)
            extreme = np.full(placed.subjects, worst, dtype=np.int64)
            further.at(extreme, placed.at[chosen], value[chosen])
            yield (as_of, window), Merged(extreme, count[low:high].sum(axis=0))


def _merge_days(indicator: Indicator, line: Timeline, placed: _Placed) -> Found:
    """Merge beginnings and ends of spells into days.

    Up to an edge, spells have covered (begun - ended) times the edge's day number, less the balance of the day numbers
    at which they began and (a day later) ended, over all slots before the edge. A window is the difference of its two
    edges. All spells that begin before its end count, less those that ended before its beginning.
    """
    columns = [placed.column(f"{indicator.name}__{n}") for n in ("begun", "ended", "balance")]
    running = zip(line.as_ofs, *(_running(placed, column) for column in columns), strict=True)
    for as_of, begun, ended, balance in running:
        for window, low, high in _windows(line, indicator, as_of):
            days = [
                (begun[:edge] - ended[:edge]).sum(axis=0) * _day_number(line.edges[edge]) - balance[:edge].sum(axis=0)
                for edge in (low, high)
            ]
            n_rows = begun[:high].sum(axis=0) - ended[:low].sum(axis=0)
            yield (as_of, window), Merged(days[1] - days[0], n_rows)


def _day_number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _merge_distinct(indicator: Indicator, line: Timeline, placed: _Placed) -> Found:
    """Merge counts of different values: those in one cell only add up, the others are told apart window by window."""
    repeated = placed.there("value")
    keys = np.flatnonzero(repeated)
    owner, group = _groups(placed, keys)
    found = _running(placed, placed.column(f"{indicator.name}__found"))
    counts = _running(placed, placed.column(f"{indicator.name}__n"))
    for number, (as_of, single, count) in enumerate(zip(line.as_ofs, found, counts, strict=True)):
        visible = placed.visible(number)[keys]
        for window, low, high in _windows(line, indicator, as_of):
            inside = visible & (placed.slot[keys] >= low) & (placed.slot[keys] < high)
            seen = np.zeros(len(owner), dtype=np.bool_)
            seen[group[inside]] = True
            several = np.bincount(owner[seen], minlength=placed.subjects)
            yield (as_of, window), Merged(single[low:high].sum(axis=0) + several, count[low:high].sum(axis=0))


def _groups(placed: _Placed, keys: Positions) -> tuple[Positions, Positions]:
    """Number the pairs of subject and value among some cells: each pair's subject, and each cell's pair."""
    values = placed.cells["value"].combine_chunks().take(pa.array(keys)).dictionary_encode()
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    codes = np.asarray(values.indices.to_numpy(), dtype=np.int64)
    kinds = max(len(values.dictionary), 1)
    pairs, group = np.unique(placed.at[keys] * kinds + codes, return_inverse=True)
    return pairs // kinds, group
