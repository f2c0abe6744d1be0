"""Parquet files: what may stand in for which contract type, and the files that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import InputRejected
from data.schema import Column, SqlType
from data.source import InputFile
from data.sources._cell_types import EXPECTED
from data.sources._record_files import check_expansion

ROWS_PER_BYTE: Final = 10
"""A file holds at most so many rows for each of its bytes, beyond the first `FEW_ROWS`."""

FEW_ROWS: Final = 1_000_000
"""Whatever its size, a file of no more rows than this is read."""


def read_schema(path: Path, *, name: str) -> pa.Schema:
    """Return the Arrow schema of a Parquet file.

    Raises `InputRejected` when the file is not readable as Parquet, or is cut off.
    """
    try:
        with pq.ParquetFile(path) as file:
            return file.schema_arrow
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, ValueError) as error:
        raise unreadable(name, str(error)) from None


def check_size(path: Path, file: InputFile) -> None:
    """Refuse a Parquet file whose own account of itself says that it unpacks to far more than records do.

    A row of a contract table holds a key of its own, so that many rows cannot stand in a few bytes.

    Raises:
        InputRejected: it has too many bytes or rows for its size.
    """
    with pq.ParquetFile(path) as parquet:
        metadata = parquet.metadata
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    check_expansion(file, sum(group.total_byte_size for group in groups))
    most = FEW_ROWS + ROWS_PER_BYTE * file.bytes
    if metadata.num_rows > most:
        raise InputRejected(
            f"The file {file.name} holds more rows than its size can.",
            expected=f"at most {most:,} rows in {file.bytes:,} bytes",
            found=f"{metadata.num_rows:,} rows",
            where=file.name,
            hint="Look at the file: it may be damaged, or made to fill a machine.",
        )


def unreadable(name: str, message: str) -> InputRejected:
    """Return the error for a Parquet file that cannot be read."""
    return InputRejected(
        f"The file {name} cannot be read as Parquet.",
        expected="a complete Parquet file",
        found=message.splitlines()[0][:200] if message else "nothing readable",
        where=name,
        hint="Write the file again; a copy that broke off looks like this.",
    )


def check_types(schema: pa.Schema, columns: Sequence[Column], *, name: str, headers: Mapping[str, str]) -> None:
    """Check that every column is stored as single values, which can be read as the contract's type.

    `headers` is the file's name for each column that it has.

    Raises `InputRejected` naming every column that is not, with what was expected and found.
    """
    stored = [(c, schema.field(headers[c.name]).type) for c in columns if c.name in headers]
    mismatches = [(c, kind) for c, kind in stored if _is_unreadable(kind)]
    if mismatches:
        raise InputRejected(
            f"The file {name} has columns of the wrong type.",
            expected="; ".join(f"{c.name} as {EXPECTED[c.type]} ({c.type})" for c, _ in mismatches),
            found="; ".join(f"{c.name} as {kind}" for c, kind in mismatches),
            where=name,
        )


def _is_unreadable(stored_type: Any) -> bool:
    return bool(
        pa.types.is_nested(stored_type)
        or pa.types.is_binary(stored_type)
        or pa.types.is_large_binary(stored_type)
        or pa.types.is_fixed_size_binary(stored_type)
        or pa.types.is_time(stored_type)
        or pa.types.is_duration(stored_type)
    )


def fits(stored_type: Any, declared: SqlType) -> bool:
    """Say whether a stored type holds a contract type's values as they are, so that no form of writing is asked for."""
    if pa.types.is_dictionary(stored_type):
        stored_type = stored_type.value_type
    if pa.types.is_null(stored_type):
        return True  # a column with nothing in it; whether it may be empty is a rule's matter
    match declared:
        case "BIGINT" | "INTEGER":
            return bool(pa.types.is_integer(stored_type))
        case "DOUBLE":
            return bool(
                pa.types.is_float32(stored_type) or pa.types.is_float64(stored_type) or pa.types.is_integer(stored_type)
            )
        case "BOOLEAN":
            return bool(pa.types.is_boolean(stored_type))
        case "VARCHAR":
            return bool(
                pa.types.is_string(stored_type)
                or pa.types.is_large_string(stored_type)
                or pa.types.is_string_view(stored_type)
            )
        case "DATE":
            return bool(pa.types.is_date(stored_type) or _is_wall_clock(stored_type))
        case "TIMESTAMP":
            return _is_wall_clock(stored_type)


def _is_wall_clock(stored_type: Any) -> bool:
    return bool(pa.types.is_timestamp(stored_type) and stored_type.tz is None)
