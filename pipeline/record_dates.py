"""Days that are known by month or year only: recognised, placed so that nothing is known too early, and told.

A column is coarse where its source says so, or where all its days are the first or all the 15th of a month, as releases
write a month. What happened on such a day keeps the day that is written and lies somewhere in its month. A day on which
something came to be known moves to the end of its month: whoever stands before it cannot have known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from data.constraints import STAGED
from data.contract import CONTRACT
from data.date_precision import CoarseColumns, Precision, last_day_of
from data.schema import Column, Table
from data.store import Store, quoted

FEWEST_ROWS: Final = 30
"""Fewer days than this are not taken for months, whatever day they are."""

FEWEST_MONTHS: Final = 3
"""Nor are days of fewer different months."""

_STATES: Final = ("people", "declarations", "protected")
"""Categories in which things begin on the first of a month as a matter of course: there a first is a day."""


def recognise(store: Store, tables: Collection[str]) -> dict[tuple[str, str], Precision]:
    """Return the columns of staged tables whose days are all firsts or 15ths, each with its precision.

    In tables of people and declarations only 15ths are taken for months.
    """
    coarse: dict[tuple[str, str], Precision] = {}
    for table in (table for table in CONTRACT if table.name in tables):
        columns = _candidates(store, table)
        if columns:
            items = ", ".join(item for column in columns for item in _items(column))
            (row,) = store.rows(f"SELECT {items} FROM {STAGED}.{quoted(table.name)}")
            for n, column in enumerate(columns):
                precision = _precision(table, *row[6 * n : 6 * n + 6])
                if precision != "day":
                    coarse[table.name, column.name] = precision
    return coarse


def _candidates(store: Store, table: Table) -> list[Column]:
    """Return the columns without any day but firsts and 15ths: few, and found without counting what differs."""
    columns = [column for column in table.columns if column.temporal]
    if not columns:
        return []
    items = ", ".join(f"bool_and(day({quoted(column.name)}) IN (1, 15))" for column in columns)
    (row,) = store.rows(f"SELECT {items} FROM {STAGED}.{quoted(table.name)}")
    return [column for column, only in zip(columns, row, strict=True) if only]


def _items(column: Column) -> Iterator[str]:
    name = quoted(column.name)
    yield f"count({name})"
    yield f"count(DISTINCT date_trunc('month', {name}))"
    yield f"count(DISTINCT year({name}))"
    for condition in (f"day({name}) = 1", f"day({name}) = 15", f"day({name}) = 1 AND month({name}) = 1"):
        yield f"count(*) FILTER (WHERE {condition})"


def _precision(
    table: Table, rows: int, months: int, years: int, firsts: int, fifteenths: int, new_years: int
) -> Precision:
    if rows < FEWEST_ROWS:
        return "day"
    if new_years == rows and years >= FEWEST_MONTHS and table.category not in _STATES:
        return "year"
    if months < FEWEST_MONTHS:
        return "day"
    if fifteenths == rows or (firsts == rows and table.category not in _STATES):
        return "month"
    return "day"


def place_known_days(store: Store, coarse: CoarseColumns) -> None:
    """Move days on which something came to be known to the end of their month or year, in staged tables."""
    for (name, column), precision in sorted(coarse.items()):
        table = CONTRACT[name]
        if column == table.known or column in {c.known_from for c in table.columns}:
            day = f"CAST({quoted(column)} AS DATE)"
            store.run(
                f"UPDATE {STAGED}.{quoted(name)} SET {quoted(column)} = {last_day_of(day, precision)}",
                step=f"place {name}.{column} at the end of its {precision}",
            )


def precision_notes(store: Store, coarse: CoarseColumns) -> Iterator[str]:
    """Yield what it costs that days of loaded tables are known by month or year only."""
    for (name, column), precision in sorted(coarse.items()):
        table = CONTRACT[name]
        where = f"{name}.{column} is known by {precision}, not by day"
        if column == table.occurred:
            largest = store.value(
                f"SELECT max(n) FROM (SELECT count(*) AS n FROM {STAGED}.{quoted(name)} "
                f"GROUP BY date_trunc('{precision}', {quoted(column)}))"
            )
            yield (
                f"{where}: what happened lies somewhere in its {precision}. A window may hold up to a {precision} more "
                f"or less at its far end (up to {largest or 0:,} rows), and nothing within a {precision} is told apart."
            )
        elif column == table.known or column in {c.known_from for c in table.columns}:
            yield f"{where}: it counts from the last day of its {precision} on."
        else:
            yield f"{where}: rows that share it are not taken for one matter."
