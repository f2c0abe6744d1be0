"""The contract's tables in Arrow: one type for each contract type, and the way from memory into a store."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.constraints import LOADED
from data.errors import InputRejected
from data.schema import SqlType, Table
from data.store import Store, literal, quoted

ARROW_TYPES: Final[Mapping[SqlType, pa.DataType]] = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}
"""The Arrow type of each contract type."""

CODED: Final = pa.dictionary(pa.int32(), pa.string())
"""Texts in memory, where few values stand in many rows: each value once, and its position in every row."""


def arrow_schema(
    table: Table,
    *,
    coded: bool = False,
    strict: bool = False,
    extra: tuple[tuple[str, pa.DataType], ...] = (),
) -> pa.Schema:
    """Return the Arrow schema of a contract table, with further columns after its own.

    Any column may be null unless `strict`: then those that the contract says are never null may not. With `coded`
    texts are dictionary-coded.
    """
    types = {**ARROW_TYPES, "VARCHAR": CODED} if coded else ARROW_TYPES
    fields = [pa.field(c.name, types[c.type], nullable=not strict or c.nullable) for c in table.columns]
    return pa.schema([*fields, *(pa.field(*pair) for pair in extra)])


def leave_pandas_out() -> None:
    """Keep pyarrow from importing pandas in this process until something asks for a data frame.

    It does so with the first array that is made, to see whether it is given something of pandas, and that takes longer
    than most questions that are asked of a run. For a process that gives it nothing of pandas before it has asked for a
    data frame; where pandas is imported already, nothing changes.
    """
    if "pandas" not in sys.modules:
        finder = _WithoutPandas()
        sys.meta_path.insert(0, finder)
        try:
            pa.array([0])
        finally:
            sys.meta_path.remove(finder)


class _WithoutPandas(MetaPathFinder):
    """Makes Python say of pandas that it is not installed."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is left out here", name=fullname)


def read_parquet(path: Path, columns: Sequence[str] | None = None, *, coded: Sequence[str] = ()) -> pa.Table:
    """Return a Parquet file's rows, or some of its columns; texts of the `coded` ones stay dictionary-coded.

    `pyarrow.parquet.read_table` reads folders too and imports pandas for it, which takes longer than most files do.

    Raises:
        OSError: the file is missing or cannot be read.
        pyarrow.ArrowException: it is no Parquet file, or lacks a column.
    """
    with pq.ParquetFile(path, read_dictionary=list(coded)) as file:
        absent = sorted(set(columns or ()) - set(file.schema_arrow.names))
        if absent:
            raise pa.ArrowKeyError(f"no column {', '.join(absent)}")
        return file.read(columns=None if columns is None else list(columns))


def is_text(column: pa.ChunkedArray, *texts: str) -> pa.ChunkedArray:
    """Say in which rows a column has one of some texts; one that is dictionary-coded is not decoded for it.

    Example:
        >>> is_text(pa.chunked_array([pa.array(["a", "b"]).dictionary_encode()]), "b").to_pylist()
        [False, True]
    """
    wanted = pa.array(texts, pa.string())
    if not pa.types.is_dictionary(column.type):
        return pc.is_in(column, value_set=wanted)
    parts = [pc.is_in(part.dictionary, value_set=wanted).take(part.indices) for part in column.chunks]
    return pa.chunked_array(parts, pa.bool_())


def conform(table: Table, rows: pa.Table) -> pa.Table:
    """Return rows with the contract's columns in contract order and type; an optional one may be missing.

    Raises:
        InputRejected: a column is missing or unknown.

    Example:
        >>> from data.contract import CONTRACT
        >>> units = pa.table({"name": ["A"], "unit_id": [1], "kind": ["team"], "parent_unit_id": [None]})
        >>> conform(CONTRACT["unit"], units).column_names
        ['unit_id', 'name', 'kind', 'parent_unit_id']
    """
    for column in table.columns:
        if column.optional and column.name not in rows.column_names:
            rows = rows.append_column(column.name, pa.nulls(rows.num_rows, ARROW_TYPES[column.type]))
    if set(rows.column_names) != set(table.names):
        raise InputRejected(
            f"The table {table.name} does not have the contract's columns.",
            expected=", ".join(table.names),
            found=", ".join(rows.column_names),
        )
    # Texts that are dictionary-coded stay so: to decode them would cost more than everything else here.
    coded = {field.name for field in rows.schema if pa.types.is_dictionary(field.type)}
    fields = [rows.schema.field(f.name).with_nullable(True) if f.name in coded else f for f in arrow_schema(table)]
    return rows.select(list(table.names)).cast(pa.schema(fields))


def load_arrow(
    store: Store,
    table: Table,
    rows: pa.Table,
    *,
    source_file: str | None = None,
    view: bool = False,
    origin: pa.Table | None = None,
) -> None:
    """Make rows readable as `loaded.<table>`, in the order they have; a table of that name is replaced.

    Rows without `source_file` and `source_row` cite `source_file` (or `<table>.parquet`) and their position, from 1.
    A `view` copies nothing and reads the Arrow table where it lies; it may say of which `origin` it holds the rows.

    Example:
        >>> from data.contract import CONTRACT
        >>> with Store() as store:
        ...     load_arrow(store, CONTRACT["unit"], arrow_schema(CONTRACT["unit"]).empty_table())
        ...     store.rows("SELECT count(*) FROM loaded.unit")
        [(0,)]
    """
    # A constant file name as a literal costs nothing; as an Arrow column it would be repeated for every row.
    if "source_row" in rows.column_names:
        items = "*"
    else:
        rows = rows.append_column("source_row", pa.array(np.arange(1, len(rows) + 1, dtype=np.int64)))
        file = literal(source_file or f"{table.name}.parquet")
        items = f"* EXCLUDE (source_row), {file} AS source_file, source_row"
    registered, name = f"arrow_{table.name}", f"{LOADED}.{quoted(table.name)}"
    store.run(f"CREATE SCHEMA IF NOT EXISTS {LOADED}")
    store.register(registered, rows)
    store.run(f"CREATE OR REPLACE {'VIEW' if view else 'TABLE'} {name} AS SELECT {items} FROM {registered}")
    if not view:
        store.unregister(registered)
    elif origin is not None:
        store.stands_for(table.name, origin)
