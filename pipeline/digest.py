"""Canonical bytes and their SHA-256: of rows, of flags, of files.

A row is written as canonical JSON (RFC 8785) of its table and its columns as they stood at the as-of date: ids and
whole numbers as decimal text, dates and times as ISO text, truth values and floating numbers as JSON, nothing as null.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import rfc8785


def digest(value: Any) -> str:
    """Return the SHA-256, in hexadecimal, of a value's canonical JSON; see the module for what stands for what."""
    return hashlib.sha256(rfc8785.dumps(_plain(value))).hexdigest()


def row_digest(table: str, row: Mapping[str, Any]) -> str:
    """Return the digest by which evidence names a row: of the table's name and the row's contract columns.

    Example:
        >>> row_digest("unit", {"unit_id": 1, "name": "A"})[:16]
        'c943a0b345b72aa9'
    """
    return digest({"table": table, "row": dict(row)})


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
