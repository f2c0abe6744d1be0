"""Valid rows of any contract table, made from its declaration, and folders of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.contract import CONTRACT
from data.schema import Column, Table

ARROW = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}


def row(table: str, key: int, **changes: Any) -> dict[str, Any]:
    """Return a row that meets every rule, with the given key, all references to 1, and the changes made."""
    declared = CONTRACT[table]
    values = {c.name: key if c.name == declared.key else _value(c) for c in declared.columns}
    if table == "unit":
        values["parent_unit_id"] = None if key == 1 else 1
    return values | changes


def _value(column: Column) -> Any:
    if column.values:
        return column.values[0]
    match column.type:
        case "BIGINT" | "INTEGER":
            return 1
        case "DOUBLE":
            return 0.5
        case "BOOLEAN":
            return True
        case "DATE":
            return date(2025, 3, 1)
        case "TIMESTAMP":
            return datetime(2025, 3, 1, 8, 0)  # noqa: DTZ001 - record times are wall-clock times
        case _:
            return "somewhere"


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], *, columns: Sequence[str] | None = None) -> Path:
    """Write rows as CSV; null is an empty cell."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, table: str, rows: Iterable[Mapping[str, Any]], **types: Any) -> Path:
    """Write rows as Parquet in the contract's types, or in the types given by column name."""
    declared = CONTRACT[table]
    kinds = {c.name: types.get(c.name, ARROW[c.type]) for c in declared.columns}
    rows = list(rows)
    arrays = {name: pa.array([_fitted(r[name], kind) for r in rows], kind) for name, kind in kinds.items()}
    pq.write_table(pa.table(arrays), path)
    return path


def _fitted(value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_timestamp(kind) and type(value) is date:
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    if pa.types.is_integer(kind) and isinstance(value, bool):
        return int(value)
    return value


def write_world(folder: Path, *, rows: int = 3, tables: Iterable[Table] = tuple(CONTRACT)) -> Path:
    """Write every table with a few valid rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        made = [row(table.name, key) for key in range(1, rows + 1)]
        write_parquet(folder / f"{table.name}.parquet", table.name, made)
    return folder
