"""Tiny records for worked cases and tests: rows that name only what matters, completed with valid values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from data.arrow import arrow_schema, load_arrow
from data.contract import CONTRACT
from data.schema import Column, SqlType, Table
from data.store import Store

SampleRow = Mapping[str, Any]

_DEFAULTS: Mapping[SqlType, Any] = {"BIGINT": 1, "INTEGER": 1, "DOUBLE": 1.0, "BOOLEAN": False, "VARCHAR": "text"}


def complete_row(table: Table, partial: SampleRow, *, number: int) -> dict[str, Any]:
    """Return a valid row: what the partial row names, its number as its key, and valid values for the rest.

    Columns that may be null are null. Times and dates may be given as ISO text. An end that is not given is eight hours
    (or no days) after the start; the known day is the day a thing happened or, for a spell, began.

    Raises:
        KeyError: a given column is not in the table.
    """
    unknown = partial.keys() - table.column.keys()
    if unknown:
        raise KeyError(f"{table.name} has no column {sorted(unknown)}")
    row = {c.name: _parsed(c, partial[c.name]) if c.name in partial else _default(c) for c in table.columns}
    if table.key not in partial:
        row[str(table.key)] = number
    if table.occurred and table.until and not table.column[table.until].nullable and table.until not in partial:
        row[table.until] = row[table.occurred] + timedelta(hours=8)
    _complete_times(table, row, partial)
    return row


def _complete_times(table: Table, row: dict[str, Any], partial: SampleRow) -> None:
    start = row[table.occurred] if table.occurred else None
    if table.occurred and table.until and table.occurred not in partial and row[table.until] is not None:
        row[table.occurred] = row[table.until] - timedelta(hours=8)
        start = row[table.occurred]
    if start is None or table.known in (None, table.occurred) or table.known in partial:
        return
    row[str(table.known)] = start.date() if isinstance(start, datetime) else start


_RECORDED: Final = frozenset(
    (
        *("joined_on", "opened_on", "officer_id", "rank", "role", "fte"),
        *("tactic", "severity", "subject_injured", "officer_injured", "video"),
    )
)
"""Columns that may be empty and are filled all the same: most records have them."""


def _default(column: Column) -> Any:
    if column.nullable and column.name not in _RECORDED:
        return None
    if column.values:
        return column.values[0]
    if column.type == "DATE":
        return date(2020, 1, 1)
    return datetime(2020, 1, 1, 9) if column.type == "TIMESTAMP" else _DEFAULTS[column.type]  # noqa: DTZ001


def _parsed(column: Column, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if column.type == "DATE":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if column.type == "TIMESTAMP" else value


def complete_rows(rows: Mapping[str, Sequence[SampleRow]]) -> dict[str, list[dict[str, Any]]]:
    """Return tables of valid rows from tables of partial ones; rows are numbered from 1 in their table.

    Example:
        >>> complete_rows({"unit": [{"name": "A"}]})
        {'unit': [{'unit_id': 1, 'name': 'A', 'kind': 'force', 'parent_unit_id': None}]}
    """
    return {
        name: [complete_row(CONTRACT[name], row, number=n) for n, row in enumerate(partial, start=1)]
        for name, partial in rows.items()
    }


def arrow_table(table: Table, rows: Sequence[SampleRow]) -> pa.Table:
    """Return complete rows as an Arrow table of the contract's types."""
    return pa.Table.from_pylist([dict(r) for r in rows], schema=arrow_schema(table))


def load_rows(store: Store, rows: Mapping[str, Sequence[SampleRow]], *, source_file: str = "sample") -> None:
    """Put complete rows into a store as if they had been loaded from files, one table each, sorted by key.

    Example:
        >>> with Store() as store:
        ...     load_rows(store, complete_rows({"unit": [{"name": "A"}, {"name": "B"}]}))
        ...     store.rows("SELECT unit_id, name, source_row FROM loaded.unit")
        [(1, 'A', 1), (2, 'B', 2)]
    """
    for name, of_table in rows.items():
        table = CONTRACT[name]
        # A row cites its place in what was given, so places are numbered before rows are sorted.
        numbered = [{**row, "source_file": source_file, "source_row": place} for place, row in enumerate(of_table, 1)]
        schema = arrow_schema(table, extra=(("source_file", pa.string()), ("source_row", pa.int64())))
        load_arrow(store, table, pa.Table.from_pylist(numbered, schema=schema).sort_by(str(table.key)))
