"""How precisely a column's days are known: by day, by month or by year, as part of the loaded records.

A release may know its dates by month only and write them as the first or the 15th. What happened then lies somewhere in
its month. The loaded rows keep the day that is written; this module says, for whoever reads them, that it is not a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from data.store import Store, literal

Precision = Literal["day", "month", "year"]
CoarseColumns = Mapping[tuple[str, str], Precision]
"""The columns whose days are not known by day: table and column, each with its precision."""

SCHEMA: Final = "dates"
_TABLE: Final = f"{SCHEMA}.precision"

EXACT: Final[CoarseColumns] = MappingProxyType({})
"""No column is coarse."""


def declare(store: Store, coarse: CoarseColumns) -> None:
    """Note in a store which columns are known by month or year, in the place of what was noted before."""
    store.run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    if not coarse:
        return
    store.run(f"CREATE SCHEMA {SCHEMA}")
    rows = ", ".join(f"({literal(t)}, {literal(c)}, {literal(p)})" for (t, c), p in sorted(coarse.items()))
    store.run(f"CREATE TABLE {_TABLE} AS FROM (VALUES {rows}) AS v(table_name, column_name, unit)")


def coarse_columns(store: Store) -> CoarseColumns:
    """Return the columns of a store that are known by month or year.

    Example:
        >>> with Store() as store:
        ...     declare(store, {("complaint", "received_on"): "month"})
        ...     dict(coarse_columns(store))
        {('complaint', 'received_on'): 'month'}
    """
    if "precision" not in store.tables(SCHEMA):
        return EXACT
    rows = store.rows(f"SELECT table_name, column_name, unit FROM {_TABLE} ORDER BY ALL")
    return MappingProxyType({(table, column): unit for table, column, unit in rows})


def coarse_to_json(coarse: CoarseColumns) -> dict[str, str]:
    """Return the columns that are known by month or year as a run's manifest lists them."""
    return {f"{table}.{column}": precision for (table, column), precision in sorted(coarse.items())}


def coarse_from_json(content: Mapping[str, str]) -> CoarseColumns:
    """Return the columns that a run's manifest lists as known by month or year.

    Example:
        >>> dict(coarse_from_json({"complaint.received_on": "month", "shift.date": "hour"}))
        {('complaint', 'received_on'): 'month'}
    """
    known: dict[str, Precision] = {"month": "month", "year": "year"}
    parts = {name.partition(".")[::2]: known[p] for name, p in sorted(content.items()) if p in known}
    return MappingProxyType(parts)


def last_day_of(day: str, precision: Precision) -> str:
    """Return SQL for the last day of the month or year in which a day lies; the day itself where it is exact."""
    if precision == "day":
        return day
    return f"CAST(date_trunc('{precision}', {day}) + INTERVAL 1 {precision} - INTERVAL 1 DAY AS DATE)"
