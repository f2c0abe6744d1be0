"""Columns that records may lack altogether: which of them hold anything, as part of the loaded records.

What reads such a column is computed only where some row known by then has a value in it, as what reads a table is
only where there is that table. Otherwise nobody would differ from anybody by it, and everybody would be tested for it
all the same. That a later row fills it has no effect, as nothing has that is known on or after an as-of date.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Final

from data.constraints import LOADED
from data.contract import CONTRACT
from data.store import Store, literal, quoted

OPTIONAL: Final = frozenset(f"{table.name}.{c.name}" for table in CONTRACT for c in table.columns if c.optional)
"""The optional columns of the contract, each as `<table>.<column>`."""

SCHEMA: Final = "columns"
_TABLE: Final = f"{SCHEMA}.filled"


def note_filled(store: Store) -> None:
    """Note in a store from which day on each optional column is filled: when the first row that fills it was known."""
    present = store.tables(LOADED)
    filled: dict[str, date] = {}
    for name in sorted(OPTIONAL):
        table, _, column = name.partition(".")
        if table in present:
            query = (
                f"SELECT min({CONTRACT[table].known}) FROM {LOADED}.{quoted(table)} WHERE {quoted(column)} IS NOT NULL"
            )
            since = store.kept(query, partial(store.value, query))
            filled |= {} if since is None else {name: since}
    declare_filled(store, filled)


def declare_filled(store: Store, columns: Mapping[str, date]) -> None:
    """Note in a store from which day on optional columns are filled, in the place of what was noted before."""
    store.run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    store.run(f"CREATE SCHEMA {SCHEMA}")
    store.run(f"CREATE TABLE {_TABLE} (name VARCHAR, since DATE)")
    if columns:
        rows = (f"({literal(name)}, DATE {literal(str(since))})" for name, since in sorted(columns.items()))
        store.run(f"INSERT INTO {_TABLE} VALUES {', '.join(rows)}")


def filled_columns(store: Store) -> dict[str, date]:
    """Return the optional columns that are filled, with the day from which on; none where nothing was noted.

    Example:
        >>> with Store() as store:
        ...     declare_filled(store, {"complaint.unit_id": date(2026, 1, 1)})
        ...     filled_columns(store)
        {'complaint.unit_id': datetime.date(2026, 1, 1)}
    """
    if "filled" not in store.tables(SCHEMA):
        return {}
    return dict(store.rows(f"SELECT name, since FROM {_TABLE} ORDER BY name"))


def present_in(store: Store, as_of: date | None = None) -> set[str]:
    """Return what loaded records hold: the names of tables, and of optional columns as `<table>.<column>`.

    An optional column is there on an as-of date where a row that fills it was known before, without a date where any
    does; where nothing was noted of a store it counts as filled.

    Example:
        >>> from data.sample_records import complete_rows, load_rows
        >>> with Store() as store:
        ...     load_rows(store, complete_rows({"complaint": [{}]}))
        ...     sorted(present_in(store))
        ['complaint', 'complaint.unit_id']
    """
    tables = store.tables(LOADED)
    if "filled" not in store.tables(SCHEMA):
        return tables | {name for name in OPTIONAL if name.partition(".")[0] in tables}
    since = filled_columns(store).items()
    return tables | {name for name, day in since if as_of is None or day < as_of}
