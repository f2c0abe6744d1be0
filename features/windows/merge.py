"""Rows merged into windows: whole-number arithmetic on what one pass over a table tells of each row.

No window cuts a slot of the timeline in two. A row that is known by the first as-of date whose windows can hold its
slot, and stays, is added once into the cell of its slot and subject; a window is then the difference of two running
totals over slots. The few rows that come late or go again are kept, and looked at for each window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.arrays import Positions
from features.compile.scan import Scan
from features.indicator import Indicator
from features.windows.cells import Flags, Part, Places, Whole, parts
from features.windows.timeline import Timeline


@dataclass(frozen=True)
class Merged:
    """One indicator over one window at one as-of date, for all subjects of the run in order of their ids.

    `value` means nothing where `n_rows` is 0.
    """

    value: Whole
    n_rows: Whole


Key = tuple[str, int, date]
"""Indicator, window, as-of date."""


def merge(scan: Scan, line: Timeline, rows: pa.Table, ids: Whole) -> Iterator[tuple[Key, Merged]]:
    """Yield the values of a scan for every indicator, as-of date and window; `ids` are the subjects, ascending."""
    places = Places(line, ids)
    merging = [_MERGING[i.aggregate](i, number, places) for number, i in enumerate(scan.indicators)]
    for part in parts(scan, rows, places, column="begun" if scan.kind == "days" else "happened"):
        for one in merging:
            one.add(part)
    if scan.kind == "days":
        for part in parts(scan, rows, places, column="ended"):
            for one in merging:
                one.end(part)
    while merging:  # one after the other, so that each can be let go
        one = merging.pop(0)
        one.close()
        for number, as_of in enumerate(line.as_ofs):
            for window in one.indicator.windows:
                yield (one.indicator.name, window, as_of), one.window(number, *line.slots(as_of, window))


class _Series:
    """A whole number for each row, added up by window and subject."""

    def __init__(self, places: Places) -> None:
        self._places = places
        # One row of zeros before the first slot: running totals begin with it.
        self._flat = np.zeros((places.slots + 1) * places.subjects + 1, dtype=np.int64)
        self._total = self._flat[:-1].reshape(places.slots + 1, places.subjects)
        self._late: list[tuple[npt.NDArray[Any], ...]] = []

    def add(self, part: Part, chosen: Flags | None, amounts: Whole | int) -> None:
        """Add rows of a part, all or those chosen, with an amount each or all the same."""
        if not part.late:
            place = part.place if chosen is None else part.place[chosen]
            each = amounts if isinstance(amounts, int) or chosen is None else amounts[chosen]
            np.add.at(self._flat[self._places.subjects :], place, each)
            return
        late = part if chosen is None else part.only(chosen)
        amount = np.broadcast_to(amounts, part.place.shape)
        slot, at = np.divmod(late.place, self._places.subjects)
        self._late.append((at, slot, late.first, late.until, amount if chosen is None else amount[chosen]))

    def close(self) -> None:
        """Turn totals of slots into running totals: nothing is added any more."""
        np.cumsum(self._total, axis=0, out=self._total)
        self._late = [tuple(np.concatenate(column) for column in zip(*self._late, strict=True))] if self._late else []

    def between(self, number: int, low: int, high: int) -> Whole:
        """Return the sum over some slots of what counts at an as-of date, by its position."""
        found: Whole = self._total[high] - self._total[low]
        for at, slot, first, until, amount in self._late:
            inside = (slot >= low) & (slot < high) & (first <= number) & (until > number)
            np.add.at(found, at[inside], amount[inside])
        return found


class _Counts:
    """Counts of rows."""

    def __init__(self, indicator: Indicator, number: int, places: Places) -> None:
        self.indicator, self.number, self.places = indicator, number, places
        self.rows = _Series(places)

    def add(self, part: Part) -> None:
        """Take in the rows of a part that count."""
        self.rows.add(part, part.chosen(self.number), 1)

    def end(self, part: Part) -> None:
        """Take in the rows of a part at the last days of their spells, where these matter."""
        raise NotImplementedError(self.indicator.aggregate)

    def close(self) -> None:
        """Take note that there are no more rows."""
        self.rows.close()

    def window(self, number: int, low: int, high: int) -> Merged:
        """Return the window of some slots at an as-of date, by its position."""
        count = self.rows.between(number, low, high)
        return Merged(count, count)


class _Sums(_Counts):
    """Sums of values."""

    def __init__(self, indicator: Indicator, number: int, places: Places) -> None:
        super().__init__(indicator, number, places)
        self.sums = _Series(places)

    def add(self, part: Part) -> None:
        super().add(part)
        self.sums.add(part, part.chosen(self.number), part.whole(f"{self.indicator.name}__value"))

    def close(self) -> None:
        super().close()
        self.sums.close()

    def window(self, number: int, low: int, high: int) -> Merged:
        return Merged(self.sums.between(number, low, high), super().window(number, low, high).n_rows)


class _Extremes(_Counts):
    """Largest or smallest values: every row is kept, since no total can be taken apart again."""

    def __init__(self, indicator: Indicator, number: int, places: Places) -> None:
        super().__init__(indicator, number, places)
        self.kept: list[tuple[npt.NDArray[Any], ...]] = []

    def add(self, part: Part) -> None:
        super().add(part)
        chosen = part.chosen(self.number)
        mine = slice(None) if chosen is None else chosen
        value = part.whole(f"{self.indicator.name}__value")
        self.kept.append((part.place[mine], part.first[mine], part.until[mine], value[mine]))

    def window(self, number: int, low: int, high: int) -> Merged:
        limits, largest = np.iinfo(np.int64), self.indicator.aggregate == "max"
        found = np.full(self.places.subjects, limits.min if largest else limits.max, dtype=np.int64)
        for place, first, until, value in self.kept:
            inside = self.places.within(place, low, high) & (first <= number) & (until > number)
            further = np.maximum if largest else np.minimum
            further.at(found, place[inside] % self.places.subjects, value[inside])
        return Merged(found, super().window(number, low, high).n_rows)


class _Days(_Counts):
    """Days that spells cover together.

    Up to an edge, spells have covered (begun - ended) times the edge's day number, less the balance of the day numbers
    at which they began and (a day later) ended, over all slots before the edge. A window is the difference of its two
    edges. All spells that begin before its end count, less those that ended before its beginning.
    """

    def __init__(self, indicator: Indicator, number: int, places: Places) -> None:
        super().__init__(indicator, number, places)
        self.ended, self.balance = _Series(places), _Series(places)

    def add(self, part: Part) -> None:
        chosen = part.chosen(self.number)
        self.rows.add(part, chosen, 1)
        self.balance.add(part, chosen, np.maximum(part.days, self.places.edge_days[0]))

    def end(self, part: Part) -> None:
        """Take in the rows of a part that count, at the last days of their spells."""
        chosen = part.chosen(self.number)
        self.ended.add(part, chosen, 1)
        self.balance.add(part, chosen, -(part.days.astype(np.int64) + 1))

    def close(self) -> None:
        super().close()
        self.ended.close()
        self.balance.close()

    def window(self, number: int, low: int, high: int) -> Merged:
        before, after = self._covered(number, low), self._covered(number, high)
        n_rows = self.rows.between(number, 0, high) - self.ended.between(number, 0, low)
        return Merged(after - before, n_rows)

    def _covered(self, number: int, edge: int) -> Whole:
        going = self.rows.between(number, 0, edge) - self.ended.between(number, 0, edge)
        covered: Whole = going * self.places.edge_days[edge] - self.balance.between(number, 0, edge)
        return covered


class _Distinct(_Counts):
    """Counts of different values: a pair of subject and value met once adds up, the others are told apart."""

    def __init__(self, indicator: Indicator, number: int, places: Places) -> None:
        super().__init__(indicator, number, places)
        self.kept: list[tuple[pa.ChunkedArray, Part]] = []

    def add(self, part: Part) -> None:
        super().add(part)
        chosen, there = part.chosen(self.number), part.place < self.places.nowhere
        mine = part if chosen is None and there.all() else part.only(there if chosen is None else there & chosen)
        self.kept.append((mine.column(f"{self.indicator.name}__value"), mine))

    def close(self) -> None:
        """Tell the pairs met once, which add up, from those met more often, which each window looks at."""
        super().close()
        self.single = _Series(self.places)
        at = _joined(part.place for _, part in self.kept) % self.places.subjects
        group, repeated = _groups(at, [values for values, _ in self.kept])
        begun = 0
        several = []
        for _, part in self.kept:
            again = repeated[begun : begun + len(part.place)]
            self.single.add(part, ~again, 1)
            several.append((part.place[again], part.first[again], part.until[again]))
            begun += len(again)
        self.several = tuple(_joined(columns) for columns in zip(*several, strict=True)) if several else ()
        self.group = group
        self.owner = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.intp)
        self.owner[group] = at[repeated]
        self.kept = []
        self.single.close()

    def window(self, number: int, low: int, high: int) -> Merged:
        """Return how many different values there are in the window of some slots at an as-of date."""
        found = self.single.between(number, low, high)
        if self.several:
            place, first, until = self.several
            inside = self.places.within(place, low, high) & (first <= number) & (until > number)
            seen = np.zeros(len(self.owner), dtype=np.bool_)
            seen[self.group[inside]] = True
            found += np.bincount(self.owner[seen], minlength=self.places.subjects)
        return Merged(found, super().window(number, low, high).n_rows)


def _joined(columns: Iterable[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    found = list(columns)
    return np.concatenate(found) if found else np.empty(0, dtype=np.intp)


def _groups(at: Positions, values: list[pa.ChunkedArray]) -> tuple[Positions, Flags]:
    """Tell which pairs of subject and value come more than once, and number these for the rows that have them."""
    repeated = np.zeros(len(at), dtype=np.bool_)
    if not len(at):
        return np.empty(0, dtype=np.intp), repeated
    codes, kinds = _codes(values, most=(2**63 - 1) // (int(at.max()) + 1))
    pair = at * np.int64(kinds) + codes
    order = np.argsort(pair)
    ordered = pair[order]
    same = ordered[1:] == ordered[:-1]
    several = np.append(same, False)
    several[1:] |= same
    rows = order[several]
    begins = np.append(True, ordered[several][1:] != ordered[several][:-1])[: len(rows)]
    number = np.empty(len(at), dtype=np.intp)
    number[rows] = np.cumsum(begins) - 1
    repeated[rows] = True
    return number[repeated], repeated


def _codes(values: list[pa.ChunkedArray], *, most: int) -> tuple[Whole, int]:
    """Return a whole number from 0 for each value, equal where values are, and how many such numbers there can be."""
    column = pa.chunked_array([chunk for column in values for chunk in column.chunks])
    if pa.types.is_integer(column.type):
        numbers = column.to_numpy()
        lowest, highest = int(numbers.min()), int(numbers.max())
        if highest - lowest < most:
            return numbers.astype(np.int64) - lowest, highest - lowest + 1
        return _ranks(numbers)
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return np.asarray(encoded.indices.to_numpy(), dtype=np.int64), max(len(encoded.dictionary), 1)


def _ranks(numbers: Whole) -> tuple[Whole, int]:
    """Return how many different numbers are smaller than each, and how many different ones there are."""
    order = np.argsort(numbers)
    ordered = numbers[order]
    steps = np.cumsum(ordered[1:] != ordered[:-1])
    found = np.zeros(len(numbers), dtype=np.int64)
    found[order[1:]] = steps
    return found, int(steps[-1]) + 1 if len(steps) else 1


_MERGING: Final[Mapping[str, type[_Counts]]] = {
    "count": _Counts,
    "sum": _Sums,
    "min": _Extremes,
    "max": _Extremes,
    "days": _Days,
    "distinct": _Distinct,
}
