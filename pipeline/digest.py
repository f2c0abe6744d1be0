"""Canonical bytes and their SHA-256: of rows, of flags, of files.

A row is written as canonical JSON (RFC 8785) of its table and its columns as they stood at the as-of date: numbers as
decimal text (the shortest that reads back the same), dates and times as ISO text, truth values as JSON, and null.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import rfc8785


def digest(value: Any) -> str:
    """Return the SHA-256, in hexadecimal, of a value's canonical JSON; whole numbers stand as decimal text."""
    return hashlib.sha256(rfc8785.dumps(_plain(value))).hexdigest()


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
    if value is None or isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value]
