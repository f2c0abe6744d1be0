"""Canonical bytes and their SHA-256: of rows, of flags, of tables, of files.

Two things that mean the same have the same canonical bytes, whoever wrote them. Values are canonical JSON (RFC 8785). A
row is written as canonical JSON (RFC 8785) of its table and its columns as they stood at the as-of date: numbers as
decimal text (the shortest that reads back the same), dates and times as ISO text, truth values as JSON, and null.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rfc8785


def canonical(value: Any) -> bytes:
    """Return a value as canonical JSON; whole numbers stand as decimal text, and so does what no JSON number can say.

    Example:
        >>> canonical({"id": 2**60, "as_of": date(2026, 1, 1), "score": 1e21})
        b'{"as_of":"2026-01-01","id":"1152921504606846976","score":1e+21}'
    """
    return rfc8785.dumps(_plain(value))


def digest(value: Any) -> str:
    """Return the SHA-256, in hexadecimal, of a value's canonical JSON; whole numbers stand as decimal text."""
    return hashlib.sha256(canonical(value)).hexdigest()


def flag_bytes(content: Mapping[str, Any], evidence: Sequence[Sequence[str]]) -> bytes:
    """Return a flag's content together with the rows it cites, given as texts, as canonical JSON.

    The same as `canonical({"evidence": evidence, "flag": content})`: evidence is nearly all of it and only text, so
    that the standard library's encoder gives the same bytes many times sooner.
    """
    return b'{"evidence":' + _text_json(evidence) + b',"flag":' + canonical(content) + b"}"


def row_digest(table: str, row: Mapping[str, Any]) -> str:
    """Return the digest by which evidence names a row: of the table's name and the row's contract columns.

    Example:
        >>> row_digest("unit", {"unit_id": 1, "name": "A"})[:16]
        'c943a0b345b72aa9'
    """
    return hashlib.sha256(row_bytes(table, row)).hexdigest()


def row_bytes(table: str, row: Mapping[str, Any]) -> bytes:
    """Return a row as canonical JSON.

    Text, truth values and null under plain column names need none of what sets RFC 8785 apart from sorted compact JSON,
    so the standard library's encoder gives the same bytes at a twentieth of the time; a test holds the two together.
    """
    content = {"row": {name: _as_text(value) for name, value in row.items()}, "table": table}
    return _text_json(content)


def _text_json(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _as_text(value: Any) -> str | bool | None:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else repr(value)


def file_digest(path: Path) -> str:
    """Return the SHA-256, in hexadecimal, of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value]


# ---------------------------------------------------------------- tables

_SEGMENT: Final = 1 << 20
"""Rows that are hashed at a time, so that a table's bytes need not all be in memory twice."""


def table_digest(table: pa.Table) -> str:
    """Return the SHA-256, in hexadecimal, of a table's rows in order: of what they say, not of how a file holds them.

    A file with the same rows gives the same digest whatever library wrote it, with whatever compression, chunks, widths
    of integers and texts, or codes for texts. The names of the columns, their order and their kinds count. What is
    hashed: the number of rows and the columns as canonical JSON; then, for each million rows and each column, a bit a
    row that says whether there is a value, and the values as little-endian 64-bit numbers, or lengths and UTF-8.

    Example:
        >>> narrow = pa.table({"id": pa.array([1, None], pa.int32())})
        >>> table_digest(narrow) == table_digest(narrow.cast(pa.schema([("id", pa.int64())])))
        True
    """
    kinds = [_kind(field.type) for field in table.schema]
    columns = [[name, kind] for name, kind in zip(table.column_names, kinds, strict=True)]
    whole = hashlib.sha256(canonical({"columns": columns, "rows": table.num_rows}))
    for first in range(0, table.num_rows, _SEGMENT):
        segment = table.slice(first, _SEGMENT)
        for column, kind in zip(segment.columns, kinds, strict=True):
            for part in _column_bytes(column.combine_chunks(), kind):
                whole.update(part)
    return whole.hexdigest()


def _kind(of: pa.DataType) -> str:
    if pa.types.is_dictionary(of):
        return _kind(of.value_type)
    if pa.types.is_list(of) or pa.types.is_large_list(of):
        return f"list of {_kind(of.value_type)}"
    for kind, (holds, _) in _KINDS.items():
        if holds(of):
            return kind
    raise TypeError(f"no canonical bytes are declared for {of}")


_KINDS: Final = {
    "integer": (pa.types.is_integer, pa.int64()),
    "number": (pa.types.is_floating, pa.float64()),
    "truth": (pa.types.is_boolean, pa.bool_()),
    "text": (lambda of: pa.types.is_string(of) or pa.types.is_large_string(of), pa.large_string()),
    "day": (pa.types.is_date, pa.date32()),
    "time": (pa.types.is_timestamp, pa.timestamp("us")),
    "nothing": (pa.types.is_null, pa.null()),
}


def _column_bytes(column: pa.Array, kind: str) -> Iterator[bytes]:
    yield np.packbits(column.is_valid().to_numpy(zero_copy_only=False)).tobytes()
    if kind.startswith("list of "):
        yield pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype("<i8").tobytes()
        yield from _column_bytes(column.flatten(), kind.removeprefix("list of "))
    elif kind == "text":
        texts = pc.fill_null(column.cast(pa.large_string()), "")
        yield pc.binary_length(texts).to_numpy().astype("<i8").tobytes()
        offsets = np.frombuffer(texts.buffers()[1], dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
        yield bytes(memoryview(texts.buffers()[2] or b"")[offsets[0] : offsets[-1]])
    elif kind == "truth":
        yield np.packbits(pc.fill_null(column, False).to_numpy(zero_copy_only=False)).tobytes()
    elif kind == "number":
        numbers = pc.fill_null(column.cast(pa.float64()), 0.0).to_numpy().astype("<f8")
        yield np.where(np.isnan(numbers), np.nan, numbers).tobytes()  # one NaN, whatever its bits say
    elif kind != "nothing":
        values = column.cast(_KINDS[kind][1])
        plain = values.cast(pa.int32()) if kind == "day" else values
        yield pc.fill_null(plain.cast(pa.int64()), 0).to_numpy().astype("<i8").tobytes()
