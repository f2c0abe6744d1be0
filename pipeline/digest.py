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
from json.encoder import encode_basestring as quoted_json
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
    return canonical_text(value).encode()


def canonical_text(value: Any) -> str:
    """Return a value's canonical JSON as text.

    Written out here because a run has hundreds of thousands of them, for which the library takes five times as long; a
    test holds the two together. How numbers with an exponent are written is left to it.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted_json(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return f'"{int(value)}"'
    if isinstance(value, datetime):
        return f'"{value.isoformat(sep=" ")}"'
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if isinstance(value, Mapping):
        return _object({str(name): content for name, content in value.items()})
    return f"[{','.join([canonical_text(element) for element in value])}]"


def _object(content: Mapping[str, Any]) -> str:
    names = sorted(content)
    if not all(name.isascii() for name in names):
        names.sort(key=lambda name: name.encode("utf-16be"))
    return f"{{{','.join([f'{quoted_json(name)}:{canonical_text(content[name])}' for name in names])}}}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return f'"{float(value)}"'
    text = float.__repr__(value)
    return rfc8785.dumps(float(value)).decode() if "e" in text else text.removesuffix(".0") if value else "0"


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


# ---------------------------------------------------------------- tables

Bytes = bytes | memoryview
"""What can be hashed without a copy."""

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
    whole = hashlib.sha256()
    for part in table_bytes(table):
        whole.update(part)
    return whole.hexdigest()


def table_bytes(table: pa.Table) -> Iterator[Bytes]:
    """Yield the bytes of which a table's digest is taken, in pieces."""
    kinds = [_kind(field.type) for field in table.schema]
    columns = [[name, kind] for name, kind in zip(table.column_names, kinds, strict=True)]
    yield canonical({"columns": columns, "rows": table.num_rows})
    for first in range(0, table.num_rows, _SEGMENT):
        segment = table.slice(first, _SEGMENT)
        for column, kind in zip(segment.columns, kinds, strict=True):
            yield from _column_bytes(column.combine_chunks(), kind)


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


def _column_bytes(column: pa.Array, kind: str) -> Iterator[Bytes]:
    yield _validity(column).data
    if kind.startswith("list of "):
        yield _little(_filled(pc.list_value_length(column), 0).to_numpy()).data
        yield from _column_bytes(column.flatten(), kind.removeprefix("list of "))
    elif kind == "text":
        narrow = pa.types.is_string(column.type)
        texts = _filled(column if narrow else column.cast(pa.large_string()), "")
        every = np.frombuffer(texts.buffers()[1] or b"\0" * 8, dtype=np.int32 if narrow else np.int64)
        offsets = every[texts.offset : texts.offset + len(texts) + 1]
        yield _little(np.diff(offsets)).data
        yield memoryview(texts.buffers()[2] or b"")[offsets[0] : offsets[-1]]
    elif kind == "truth":
        yield np.packbits(_filled(column, False).to_numpy(zero_copy_only=False)).data
    elif kind == "number":
        numbers = _filled(column.cast(pa.float64()), 0.0).to_numpy().astype("<f8", copy=False)
        unlike = np.isnan(numbers)
        yield (np.where(unlike, np.nan, numbers) if unlike.any() else numbers).data  # one NaN, whatever its bits say
    elif kind != "nothing":
        values = column.cast(_KINDS[kind][1])
        plain = values.cast(pa.int32()) if kind == "day" else values
        yield _little(_filled(plain.cast(pa.int64()), 0).to_numpy()).data


def _validity(column: pa.Array) -> np.ndarray:
    """Return a bit a row, the first row's the highest of its byte, that says whether there is a value."""
    if column.null_count:
        return np.packbits(column.is_valid().to_numpy(zero_copy_only=False))
    bits = np.full((len(column) + 7) // 8, 0xFF, dtype=np.uint8)
    if len(column) % 8:
        bits[-1] = 0xFF00 >> len(column) % 8 & 0xFF
    return bits


def _filled(values: pa.Array, value: Any) -> pa.Array:
    return pc.fill_null(values, value) if values.null_count else values


def _little(numbers: np.ndarray) -> np.ndarray:
    """Return whole numbers as little-endian ones of 64 bits, without a copy where they are that already."""
    return numbers.astype("<i8", copy=False)
