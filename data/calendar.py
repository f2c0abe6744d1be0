"""Days as numbers: the one place that says from which day they are counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

EPOCH: Final = date(1970, 1, 1)
"""Day number 0, as in Arrow, numpy and SQL."""


def day_number(day: date) -> int:
    """Return the number of days from 1 January 1970 to a day; negative before it.

    Example:
        >>> day_number(date(1970, 2, 1))
        31
    """
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Return the day with a day number.

    Raises:
        OverflowError: the day lies outside the years 1 to 9999.

    Example:
        >>> day_of(31)
        datetime.date(1970, 2, 1)
    """
    return EPOCH + timedelta(days=number)
