"""What stood in the records at an as-of date: the one place where time is filtered.

A row exists at an as-of date when it was known before that day. A column that is filled in later than its row reads as
null until its own day has passed. Columns whose day nobody recorded read as null always.
"""

from __future__ import annotations

from datetime import date

from data.schema import Column, Table


def asof_columns(table: Table, as_of: date) -> list[str]:
    """Return the table's columns as SQL select items that show only what was known before the day."""
    return [_item(column, as_of) for column in table.columns]


def asof_query(table: Table, as_of: date, *, relation: str, extra: tuple[str, ...] = ()) -> str:
    """Return the query for the rows of a table, read from `relation`, as they stood at an as-of date.

    `extra` names further columns to pass through unchanged, such as `source_file`. Rows known on or after the as-of
    date are left out; reference tables without a known day are always there.

    Example:
        >>> from data.contract import CONTRACT
        >>> print(asof_query(CONTRACT["unit"], date(2026, 1, 1), relation="loaded.unit"))
        SELECT unit_id, name, kind, parent_unit_id FROM loaded.unit
    """
    items = ", ".join([*asof_columns(table, as_of), *extra])
    where = f" WHERE {_is_known(table, as_of)}" if table.known else ""
    return f"SELECT {items} FROM {relation}{where}"


def _is_known(table: Table, as_of: date) -> str:
    known = f"{table.known} < DATE '{as_of}'"
    # Where the day may be missing, such as that of joining, the row says nothing of when it came to be known.
    return f"({table.known} IS NULL OR {known})" if table.column[str(table.known)].nullable else known


def gate(table: Table, column: str) -> str | None:
    """Return the column whose day must lie before an as-of date for a column to be read; None when its row's will do.

    Example:
        >>> from data.contract import CONTRACT
        >>> gate(CONTRACT["complaint"], "outcome"), gate(CONTRACT["complaint"], "category")
        ('finalised_on', None)
    """
    return table.column[column].known_from


def _item(column: Column, as_of: date) -> str:
    if not column.usable:
        return f"CAST(NULL AS {column.type}) AS {column.name}"
    if column.known_from is None:
        return column.name
    # A null day means that it has not come: the comparison is then not true, and the column reads as null.
    return f"CASE WHEN {column.known_from} < DATE '{as_of}' THEN {column.name} END AS {column.name}"
