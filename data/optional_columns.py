"""Columns that records may lack altogether: which of them hold anything, as part of the loaded records.

What reads such a column is computed only where some row has a value in it, as what reads a table is only where there is
that table. Otherwise nobody would differ from anybody by it, and everybody would be tested for it all the same.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from data.constraints import LOADED
from data.contract import CONTRACT
from data.store import Store, literal, quoted

OPTIONAL: Final = frozenset(f"{table.name}.{c.name}" for table in CONTRACT for c in table.columns if c.optional)
"""The optional columns of the contract, each as `<table>.<column>`."""

SCHEMA: Final = "columns"
_TABLE: Final = f"{SCHEMA}.unfilled"


def note_unfilled(store: Store) -> None:
    """Note in a store which optional columns no loaded row fills."""
    present = store.tables(LOADED)
    unfilled = []
    for name in sorted(OPTIONAL):
        table, _, column = name.partition(".")
        if table not in present or not store.value(f"SELECT count({quoted(column)}) FROM {LOADED}.{quoted(table)}"):
            unfilled.append(name)
    declare_unfilled(store, unfilled)


def declare_unfilled(store: Store, columns: Collection[str]) -> None:
    """Note in a store that these optional columns are not filled, in the place of what was noted before."""
    store.run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    store.run(f"CREATE SCHEMA {SCHEMA}")
    store.run(f"CREATE TABLE {_TABLE} (name VARCHAR)")
    if columns:
        store.run(f"INSERT INTO {_TABLE} VALUES {', '.join(f'({literal(name)})' for name in sorted(columns))}")


def unfilled_columns(store: Store) -> tuple[str, ...]:
    """Return the optional columns that are not filled; none where nothing was noted.

    Example:
        >>> with Store() as store:
        ...     declare_unfilled(store, ["complaint.unit_id"])
        ...     unfilled_columns(store)
        ('complaint.unit_id',)
    """
    if "unfilled" not in store.tables(SCHEMA):
        return ()
    return tuple(name for (name,) in store.rows(f"SELECT name FROM {_TABLE} ORDER BY name"))


def present_in(store: Store) -> set[str]:
    """Return what loaded records hold: the names of tables, and of optional columns as `<table>.<column>`.

    Example:
        >>> from data.sample_records import complete_rows, load_rows
        >>> with Store() as store:
        ...     load_rows(store, complete_rows({"complaint": [{}]}))
        ...     sorted(present_in(store))
        ['complaint', 'complaint.unit_id']
    """
    tables = store.tables(LOADED)
    return tables | {name for name in OPTIONAL if name.partition(".")[0] in tables} - {*unfilled_columns(store)}
