"""Days served where no postings are recorded: from joining, or the whole window where that is not recorded either."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

import numpy as np

from data.arrays import Integers
from data.calendar import day_number
from features.indicator import Indicator
from features.windows.aggregation import Aggregates, AggregatesOfDay

NAME: Final = "days_served"
"""The indicator that is computed this way where there are no postings."""

NEEDS: Final = frozenset({"officer"})
"""The tables that are needed in place of postings."""


def stands_in(indicator: Indicator, present: Collection[str]) -> bool:
    """Say whether an indicator's value is taken from days of service, because postings are absent."""
    return indicator.name == NAME and indicator.table not in present and set(present) >= NEEDS


def service_days(indicators: Sequence[Indicator], as_of: date, since: Integers) -> dict[tuple[str, int], Aggregates]:
    """Return for how many days of each window each officer has been in service, by indicator and window.

    `since` is the day of joining as a day number, a day before all others where it is not recorded: such officers are
    taken to have served the whole window. No row counts, so none is cited; the officer's row says since when.

    Example:
        >>> from features.indicators import indicators
        >>> joined = np.array([day_number(date(2025, 12, 2)), np.iinfo(np.int64).min])
        >>> service_days([indicators()["days_served"]], date(2026, 1, 1), joined)["days_served", 90].value.tolist()
        [30.0, 90.0]
    """
    none = np.zeros(len(since), dtype=np.int64)
    return {
        (i.name, w): Aggregates(
            np.clip(day_number(as_of) - np.maximum(since, day_number(as_of) - w), 0, w).astype(np.float64), none
        )
        for i in indicators
        for w in i.windows
    }


def days_of_unposted(aggregates: AggregatesOfDay, as_of: date, since: Integers) -> dict[tuple[str, int], Aggregates]:
    """Return days served once more, where officers have neither a posting in a window nor a day of joining.

    Nothing says that such an officer served for less than the whole window, and rows name them: see `service_days`.

    Example:
        >>> days = {("days_served", 90): Aggregates(np.array([0.0, 0.0, 30.0]), np.array([0, 0, 1]))}
        >>> never = np.iinfo(np.int64).min
        >>> days_of_unposted(days, date(2026, 1, 1), np.array([0, never, never]))["days_served", 90].value.tolist()
        [0.0, 90.0, 30.0]
    """
    unknown = since == np.iinfo(np.int64).min
    if not unknown.any():
        return {}
    return {
        key: Aggregates(np.where(unknown & (a.n_rows == 0), float(key[1]), a.value), a.n_rows)
        for key, a in aggregates.items()
        if key[0] == NAME
    }
