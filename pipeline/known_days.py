"""The days on which rows became known, and where the bulk of them ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from data.constraints import LOADED
from data.contract import CONTRACT
from data.store import Store, quoted

LONGEST_PAUSE: Final = timedelta(days=60)
"""Rows known later than this after all rows before them lie apart from the bulk, if they are few."""

LARGEST_TAIL: Final = 0.05
"""Rows that lie apart from the bulk are at most this share of all rows."""

FEWEST_ROWS: Final = 20
"""From so many rows on, a single row may lie apart from the bulk."""

LONGEST_SILENCE: Final = timedelta(days=365)
"""Where the last row of a table lies further back than this, a year's window holds none."""

_STATES: Final = ("people", "declarations", "protected")
"""Categories of what lasts until it changes: that nothing new came says nothing."""

DayCount = tuple[date, int]
"""A day and how many rows became known on it."""


def known_days(store: Store) -> list[DayCount]:
    """Return each day on which loaded rows became known and how many did, in order."""
    parts = [
        f"SELECT {quoted(table.known)} AS day, count(*) AS n FROM {LOADED}.{quoted(table.name)} "
        f"WHERE {quoted(table.known)} IS NOT NULL GROUP BY day"
        for name in sorted(store.tables(LOADED))
        if name in CONTRACT.records and (table := CONTRACT[name]).known
    ]
    if not parts:
        return []
    return store.rows(f"SELECT day, sum(n)::BIGINT FROM ({' UNION ALL '.join(parts)}) GROUP BY day ORDER BY day")


def bulk_end(days: Sequence[DayCount]) -> date:
    """Return the last day of the bulk of the rows: a few that lie far beyond it do not move it.

    Rows lie beyond the bulk when they are at most 5% of all (one row may be, from 20 rows on) and became known more
    than 60 days after every row before them: someone who joins next year, a year mistyped, 2099 for "unknown".
    Without rows it is 1 January 1970.

    Example:
        >>> month = [(date(2026, 1, day), 5) for day in range(1, 31)]
        >>> bulk_end([*month, (date(2026, 2, 20), 1)]), bulk_end([*month, (date(2099, 12, 31), 1)])
        (datetime.date(2026, 2, 20), datetime.date(2026, 1, 30))
    """
    total = sum(count for _, count in days)
    most = max(LARGEST_TAIL * total, 1 if total >= FEWEST_ROWS else 0)
    end, beyond = max((day for day, _ in days), default=date(1970, 1, 1)), 0
    for (day, _), (following, count) in zip(reversed(days[:-1]), reversed(days[1:]), strict=True):
        beyond += count
        if beyond > most:
            break
        if following - day > LONGEST_PAUSE:
            end = day
    return end


def last_known(store: Store) -> date:
    """Return the day on which the bulk of the loaded rows ends; see `bulk_end`."""
    return bulk_end(known_days(store))


def ended_long_before(store: Store, as_of: date) -> Iterator[str]:
    """Yield which loaded tables of events end more than a year before an as-of date: a year's window is empty of them.

    Tables of states, such as postings, and those with a few rows are passed over.
    """
    present = store.tables(LOADED)
    for table in CONTRACT:
        if table.name not in present or table.known is None or table.category in _STATES:
            continue
        known = f"CAST({quoted(table.known)} AS DATE)"
        (row,) = store.rows(
            f"SELECT count(*), max({known}) FROM {LOADED}.{quoted(table.name)} WHERE {known} < DATE '{as_of}'"
        )
        if row[0] >= FEWEST_ROWS and as_of - row[1] > LONGEST_SILENCE:
            yield (
                f"{table.name}: the last row became known on {row[1]}, {(as_of - row[1]).days / 365.25:.1f} years"
                f" before the as-of date {as_of}: nothing of the year before it is there. Name an earlier as-of date."
            )
