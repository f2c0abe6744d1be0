"""What is known of the sources of records: where they fell silent, lastingly changed, and how far each reaches back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

PERIODS: Final = (1, 7, 28)
"""The lengths of period that are tried, in days."""

AGES: Final = 10 * 365
"""How many days the gap of a source is long that has not delivered any row yet."""

ENDED: Final = 28
"""Records that all end more than so many days before an as-of date have ended, sparse sources included."""

LATE: Final = 182
"""Records that begin more than so many days after the first of all are named."""

BEARABLE: Final = 20
"""A window says nothing when gaps take more than one part in so many of its days; with less, it is partial."""


@dataclass(frozen=True)
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

    @property
    def days(self) -> int:
        """How many days it lasted."""
        return (self.last - self.first).days + 1

    @property
    def lasts(self) -> bool:
        """Whether the source was still silent on the day before the as-of date."""
        return self.last == self.as_of - timedelta(days=1)

    def to_json(self) -> dict[str, Any]:
        """Return the gap for the manifest."""
        return vars(self) | {"as_of": str(self.as_of), "first": str(self.first), "last": str(self.last)}


@dataclass(frozen=True)
class VolumeChange:
    """A day from which a source took in lastingly more or less, as far as was known at an as-of date.

    `before` and `after` are the median rows of a period of so many days on either side. Values are not touched by it:
    everybody in a window shares it. It is listed because comparisons of somebody with their own past do not.
    """

    as_of: date
    table: str
    area: int | None
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
    changes: tuple[VolumeChange, ...] = ()
    reach: Mapping[tuple[date, str], date] = field(default_factory=dict)

    def days_lost(self, as_of: date, window: int, tables: Iterable[str]) -> dict[int | None, int]:
        """Return how many days of a window the table worst hit lost to gaps: in the force (None), and in areas.

        An area's days include those of the whole force; areas without gaps of their own are left out.
        """
        begins = as_of - timedelta(days=window)
        lost: dict[int | None, int] = {None: 0}
        for table in set(tables):
            own = [g for g in self.gaps if (g.as_of, g.table) == (as_of, table) and g.last >= begins]
            for area in {None, *(g.area for g in own)}:
                spans = [g for g in own if g.area in (None, area)]
                days = {d for g in spans for d in range(max((g.first - begins).days, 0), (g.last - begins).days + 1)}
                lost[area] = max(lost.get(area, 0), len(days))
        return {area: max(number, lost[None]) for area, number in lost.items()}

    def notes(self) -> tuple[str, ...]:
        """Return a sentence for each source whose records begin long after others, or end long before an as-of date."""
        return (*self._late(), *self._ended())

    def _late(self) -> Iterator[str]:
        last = max((as_of for as_of, _ in self.reach), default=None)
        begun = {table: first for (as_of, table), first in sorted(self.reach.items()) if as_of == last}
        for table, first in begun.items():
            days = (first - min(begun.values())).days
            if days > LATE:
                yield (
                    f"Records of {table} begin on {first}, {days} days after the first of all: where a window reaches"
                    " further back, what is counted and the opportunity for it are those of the days since."
                )

    def _ended(self) -> Iterator[str]:
        for gap in self.gaps:
            if gap.area is None and gap.lasts and ENDED < gap.days < AGES:
                yield (
                    f"Records of {gap.table} end on {gap.first - timedelta(days=1)}, {gap.days} days before the as-of"
                    f" date {gap.as_of}: nothing is said of windows that reach into these days."
                )

    def reaches_back(self, as_of: date, window: int, tables: Iterable[str]) -> bool:
        """Say whether the records of all the tables cover a window from its first day on."""
        return self._reach(as_of, tables) <= as_of - timedelta(days=window)

    def covered(self, as_of: date, window: int, tables: Iterable[str], beside: Iterable[str]) -> int:
        """Return over how many days of a window to count rows of some tables, for others to be covered beside them.

        All of them, unless the records of the others begin later than the window, and later than their own. Where a
        source begins is known to a period only; less than its longest is no difference.
        """
        own, others = self._reach(as_of, tables), self._reach(as_of, beside)
        if others <= max(as_of - timedelta(days=window), own + timedelta(days=max(PERIODS))):
            return window
        return max(1, (as_of - others).days)

    def _reach(self, as_of: date, tables: Iterable[str]) -> date:
        """Return the first day that the records of all the tables cover."""
        return max((self.reach.get((as_of, table), date.min) for table in tables), default=date.min)


def reach_to_json(sources: Sources) -> list[dict[str, str]]:
    """Return the first day that each source covers, as of each date, for the manifest."""
    return [
        {"as_of": str(as_of), "table": table, "first": str(first)}
        for (as_of, table), first in sorted(sources.reach.items())
    ]


def reach_from_json(rows: Iterable[Mapping[str, str]]) -> dict[tuple[date, str], date]:
    """Return the first days that a manifest lists."""
    return {(date.fromisoformat(r["as_of"]), r["table"]): date.fromisoformat(r["first"]) for r in rows}


def gaps_from_json(rows: Iterable[Mapping[str, Any]]) -> tuple[Gap, ...]:
    """Return the gaps that a manifest lists."""
    days = ("as_of", "first", "last")
    return tuple(Gap(**{**row, **{name: date.fromisoformat(row[name]) for name in days}}) for row in rows)
