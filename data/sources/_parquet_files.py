"""Parquet files: what may stand in for which contract type, and the files that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import InputRejected
from data.schema import Column, SqlType
from data.sources._cell_types import EXPECTED


def read_schema(path: Path, *, name: str) -> pa.Schema:
    """Return the Arrow schema of a Parquet file.

    Raises `InputRejected` when the file is not readable as Parquet, or is cut off.
    """
    try:
        with pq.ParquetFile(path) as file:
            return file.schema_arrow
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, ValueError) as error:
        raise unreadable(name, str(error)) from None


def unreadable(name: str, found: str) -> InputRejected:
    """Return the error for a Parquet file that cannot be read."""
    return InputRejected(
        f"The file {name} cannot be read as Parquet.",
        expected="a complete Parquet file",
        found=found.splitlines()[0][:200] if found else "nothing readable",
        where=name,
        hint="Write the file again; a copy that broke off looks like this.",
    )


def check_types(schema: pa.Schema, columns: Sequence[Column], *, name: str) -> None:
    """Check that every column is stored as a type that can hold the contract's without loss.

    Raises `InputRejected` naming every column that is not, with what was expected and found.
    """
    wrong = [(c, schema.field(c.name).type) for c in columns if not _fits(schema.field(c.name).type, c.type)]
    if wrong:
        raise InputRejected(
            f"The file {name} has columns of the wrong type.",
            expected="; ".join(f"{c.name} as {EXPECTED[c.type]} ({c.type})" for c, _ in wrong),
            found="; ".join(f"{c.name} as {kind}" for c, kind in wrong),
            where=name,
        )


def _fits(stored: Any, declared: SqlType) -> bool:
    if pa.types.is_dictionary(stored):
        stored = stored.value_type
    if pa.types.is_null(stored):
        return True  # a column with nothing in it; whether it may be empty is a rule's matter
    match declared:
        case "BIGINT" | "INTEGER":
            return bool(pa.types.is_integer(stored))
        case "DOUBLE":
            return bool(pa.types.is_float32(stored) or pa.types.is_float64(stored) or pa.types.is_integer(stored))
        case "BOOLEAN":
            return bool(pa.types.is_boolean(stored))
        case "VARCHAR":
            return bool(
                pa.types.is_string(stored) or pa.types.is_large_string(stored) or pa.types.is_string_view(stored)
            )
        case "DATE":
            return bool(pa.types.is_date(stored) or _is_wall_clock(stored))
        case "TIMESTAMP":
            return _is_wall_clock(stored)


def _is_wall_clock(stored: Any) -> bool:
    return bool(pa.types.is_timestamp(stored) and stored.tz is None)
