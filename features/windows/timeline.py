"""Time cut at every edge of every window, so that each row is looked at once for all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Timeline:
    """The elementary intervals of some windows before some as-of dates.

    `edges` are all days on which a window begins or ends, ascending. Slot number s is the interval from `edges[s]` to
    the day before `edges[s + 1]`. No window cuts a slot in two, so that every window is a run of whole slots.

    Example:
        >>> line = timeline([date(2026, 1, 1)], [30, 90])
        >>> [str(e) for e in line.edges]
        ['2025-10-03', '2025-12-02', '2026-01-01']
        >>> line.slots(date(2026, 1, 1), 30)
        (1, 2)
    """

    as_ofs: tuple[date, ...]
    windows: tuple[int, ...]
    edges: tuple[date, ...]

    @property
    def first(self) -> date:
        """The first day that any window looks at."""
        return self.edges[0]

    @property
    def last(self) -> date:
        """The last as-of date: no row known or occurring on it or later matters."""
        return self.edges[-1]

    @property
    def n_slots(self) -> int:
        """How many slots there are."""
        return len(self.edges) - 1

    def slots(self, as_of: date, window: int) -> tuple[int, int]:
        """Return the first slot of a window and the first one after it."""
        return bisect_left(self.edges, as_of - timedelta(days=window)), bisect_left(self.edges, as_of)


def timeline(as_ofs: Iterable[date], windows: Iterable[int]) -> Timeline:
    """Return the timeline of some windows before some as-of dates; both are sorted and freed of repeats."""
    days, lengths = sorted(set(as_ofs)), sorted(set(windows))
    edges = set(days) | {day - timedelta(days=length) for day in days for length in lengths}
    return Timeline(tuple(days), tuple(lengths), tuple(sorted(edges)))
