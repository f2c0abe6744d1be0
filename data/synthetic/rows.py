"""Rows of one contract table as numpy columns, in the compact coding that generation works with.

    contract type           kept as                                    null
    VARCHAR                 position in the value list (int16)         -1
    BOOLEAN                 0 or 1 (int8)                              -1
    DATE                    days since 1970-01-01 (int32)              NO_TIME
    TIMESTAMP               minutes since 1970-01-01 (int32)           NO_TIME
    reference to officer    position in the force's list (int32)       -1
    other BIGINT            the id itself (int64)                      -1
    INTEGER, DOUBLE         as they are (int32, float64)               never null in the contract

A column whose name starts with an underscore is working material and is never written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from data.arrays import Array
from data.arrow import ARROW_TYPES
from data.contract import CONTRACT
from data.schema import Column, Table

NO_TIME = np.iinfo(np.int32).min
"""The null of days and minutes."""

MINUTES = 1440
"""Minutes in a day."""

SITES = 200
"""How many site names there are."""

VOCABULARY: dict[tuple[str, str], tuple[str, ...]] = {
    ("use_of_force", "subject_ethnicity"): ("asian", "black", "mixed", "white", "other", "not_stated"),
    ("stop_search", "subject_ethnicity"): ("asian", "black", "mixed", "white", "other", "not_stated"),
    ("site_entry", "site"): tuple(f"Site {number:03d}" for number in range(SITES)),
    ("external_register", "kind"): CONTRACT["declaration"].column["kind"].values,
    ("training", "course"): (
        "Personal safety",
        "First aid",
        "Driving refresher",
        "Information security",
        "Taser requalification",
        "Firearms requalification",
        "Trauma decompression",
    ),
}
"""The texts used in columns for which the contract has no closed list."""


@dataclass(frozen=True)
class Rows:
    """Some rows of one table. Columns all have the same length; nothing here checks the contract."""

    table: Table
    columns: dict[str, Array]

    def __len__(self) -> int:
        for values in self.columns.values():
            return len(values)
        return 0

    def __getitem__(self, column: str) -> Array:
        return self.columns[column]

    def take(self, rows: Array | slice) -> Rows:
        """Return the rows at the given positions, or where a mask is true."""
        if isinstance(rows, slice):
            return Rows(self.table, {name: values[rows] for name, values in self.columns.items()})
        # To take by position is several times as fast as to take by a mask.
        at = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Rows(self.table, {name: values.take(at) for name, values in self.columns.items()})

    def without(self, rows: Array) -> Rows:
        """Return the rows that do not stand at the given positions."""
        if not len(rows):
            return self
        mask = np.ones(len(self), dtype=bool)
        mask[rows] = False
        return self.take(mask)

    def with_columns(self, **columns: Array) -> Rows:
        """Return the same rows with columns added or replaced."""
        return Rows(self.table, {**self.columns, **columns})

    def time(self) -> Array:
        """Return when each row's matter happened, in minutes; the known day where the contract has no such column."""
        if "_at" in self.columns:
            return self.columns["_at"]
        name = self.table.occurred or self.table.known or ""
        values = self.columns[name]
        return values if self.table.column[name].type == "TIMESTAMP" else values * MINUTES

    def day(self) -> Array:
        """Return the day on which each row's matter happened."""
        return self.time() // MINUTES

    @property
    def owner(self) -> str:
        """The column that says whose row it is: an officer's, or else a unit's."""
        return "officer_id" if "officer_id" in self.table.column else "unit_id"


def rows(table: str, **columns: Array) -> Rows:
    """Return rows of a contract table, with every column brought to its coding."""
    declared = CONTRACT[table]
    coded = {
        name: values if name.startswith("_") else values.astype(dtype_of(declared.column[name]), copy=False)
        for name, values in columns.items()
    }
    return Rows(declared, coded)


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several parts of one table, one after another; columns missing somewhere are dropped."""
    if len(parts) == 1:
        return parts[0]
    names = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    return Rows(parts[0].table, {name: np.concatenate([part[name] for part in parts]) for name in names})


def without_and_with(data: Rows, gone: Array, additions: Sequence[Rows]) -> Rows:
    """Return the rows that do not stand at the positions `gone`, and then the additions: each column is copied once."""
    if not additions or not len(gone):
        return joined([data.without(gone), *additions])
    mask = np.ones(len(data), dtype=bool)
    mask[gone] = False
    at = np.flatnonzero(mask)
    size = len(at) + sum(len(new) for new in additions)
    columns = {}
    for name in data.columns:
        if not all(name in new.columns for new in additions):
            continue
        parts = [data[name], *(new[name] for new in additions)]
        columns[name] = np.empty(size, dtype=np.result_type(*parts))
        # The positions are sound: `clip` only spares the buffer that checking them would take.
        data[name].take(at, out=columns[name][: len(at)], mode="clip")
        np.concatenate(parts[1:], out=columns[name][len(at) :])
    return Rows(data.table, columns)


def dtype_of(column: Column) -> type[np.generic]:
    """Return how a column is kept in memory."""
    if column.type == "BIGINT":
        return np.int32 if column.references == "officer" else np.int64
    return _DTYPES[column.type]


_DTYPES: dict[str, type[np.generic]] = {
    "VARCHAR": np.int16,
    "BOOLEAN": np.int8,
    "DATE": np.int32,
    "TIMESTAMP": np.int32,
    "INTEGER": np.int32,
    "DOUBLE": np.float64,
}


def vocabulary(table: str, column: str) -> tuple[str, ...]:
    """Return the texts that a coded column stands for."""
    return CONTRACT[table].column[column].values or VOCABULARY[table, column]


@cache
def _vocabulary_texts(table: str, column: str) -> pa.Array:
    """Return the texts of a coded column as an Arrow array, which the tables of all cells share."""
    return texts(vocabulary(table, column))


@cache
def code(table: str, column: str, value: str) -> int:
    """Return the code of a value.

    Example:
        >>> code("shift", "place", "office")
        1
    """
    return vocabulary(table, column).index(value)


def codes(table: str, column: str, values: Iterable[str]) -> Array:
    """Return the codes of several values."""
    return np.array([code(table, column, value) for value in values], dtype=np.int16)


def to_arrow(data: Rows, *, officer_ids: Array) -> pa.Table:
    """Return the rows as an Arrow table in contract order and types, with texts dictionary-coded."""
    arrays = [_column_to_arrow(data, column, officer_ids) for column in data.table.columns]
    return pa.table(dict(zip(data.table.names, arrays, strict=True)))


def _column_to_arrow(data: Rows, column: Column, officer_ids: Array) -> pa.Array:
    if column.optional and column.name not in data.columns:
        return pa.nulls(len(data), ARROW_TYPES[column.type])
    values = data[column.name]
    empty = values == (NO_TIME if column.temporal else -1) if column.nullable else None
    if column.type == "VARCHAR":
        listed = _vocabulary_texts(data.table.name, column.name)
        return pa.DictionaryArray.from_arrays(_wrapped(values.astype(np.int32), pa.int32(), empty), listed)
    if column.references == "officer":
        return _wrapped(officer_ids.take(values), pa.int64(), empty)
    if column.type == "DATE":
        return _wrapped(values, pa.date32(), empty)
    if column.type == "TIMESTAMP":
        return _wrapped(values.astype(np.int64) * 60_000_000, pa.timestamp("us"), empty)
    if column.type == "BOOLEAN":
        return _wrapped(np.packbits(values == 1, bitorder="little"), pa.bool_(), empty, count=len(values))
    kinds = {"INTEGER": pa.int32(), "BIGINT": pa.int64(), "DOUBLE": pa.float64()}
    return _wrapped(values, kinds[column.type], empty)


def _wrapped(values: Array, kind: pa.DataType, empty: Array | None = None, *, count: int | None = None) -> pa.Array:
    """Return numpy values as an Arrow array without a copy.

    `pyarrow.array` would do, but it imports pandas, which costs more than making a small world.
    """
    valid = None
    if empty is not None and empty.any():
        valid = pa.py_buffer(np.packbits(~empty, bitorder="little"))
    length = len(values) if count is None else count
    return pa.Array.from_buffers(kind, length, [valid, pa.py_buffer(np.ascontiguousarray(values))])


def integers(values: Array, *, nulls: bool = False) -> pa.Array:
    """Return whole numbers as a 64-bit Arrow array; with `nulls`, negative ones are null."""
    return _wrapped(values.astype(np.int64), pa.int64(), values < 0 if nulls else None)


def days(values: Array) -> pa.Array:
    """Return days as an Arrow array; NO_TIME is null."""
    return _wrapped(values.astype(np.int32), pa.date32(), values == NO_TIME)


def numbers(values: Array) -> pa.Array:
    """Return floating-point numbers as an Arrow array."""
    return _wrapped(values.astype(np.float64), pa.float64())


def texts(values: Sequence[str]) -> pa.Array:
    """Return texts as an Arrow array."""
    coded = [value.encode() for value in values]
    offsets = np.cumsum([0, *(len(value) for value in coded)]).astype(np.int32)
    return pa.Array.from_buffers(pa.string(), len(coded), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(coded))])


def repeated_texts(values: Sequence[str], counts: Sequence[int]) -> pa.Array:
    """Return each text as often as its count says, one after another, as an Arrow array.

    Example:
        >>> repeated_texts(["a", "b"], [2, 1]).to_pylist()
        ['a', 'a', 'b']
    """
    listed = sorted(set(values))
    place = np.array([listed.index(value) for value in values], dtype=np.int32)
    coded = _wrapped(np.repeat(place, np.asarray(counts, dtype=np.int64)), pa.int32())
    return pa.DictionaryArray.from_arrays(coded, texts(listed)).dictionary_decode()
