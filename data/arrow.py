"""The contract's tables in Arrow: one type for each contract type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from data.schema import SqlType, Table

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
