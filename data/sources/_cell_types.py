"""How one cell becomes a typed value, and what is said about a cell that cannot: SQL for text and for Parquet columns.

Text is read strictly: DuckDB's own casts would round '1.5' to 2 and take 'epoch' for a day. Whole numbers are digits
with an optional sign, days are YYYY-MM-DD, times YYYY-MM-DD HH:MM:SS (a T between is fine, and so is a missing
second), truths true or false or 1 or 0. An empty cell is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from data.constraints import excerpt
from data.schema import Column, SqlType
from data.store import literal, quoted

EXPECTED: Final[Mapping[SqlType, str]] = MappingProxyType(
    {
        "BIGINT": "a whole number",
        "INTEGER": "a whole number between -2147483648 and 2147483647",
        "DOUBLE": "a number",
        "BOOLEAN": "true or false",
        "VARCHAR": "text",
        "DATE": "a day as YYYY-MM-DD",
        "TIMESTAMP": "a time as YYYY-MM-DD HH:MM:SS",
    }
)
"""What each type is called in front of a reader."""

EXPECTED_AS_USUAL: Final[Mapping[str, str]] = MappingProxyType({})
"""Every column is expected to hold what its type says."""

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PATTERN: Final[Mapping[SqlType, str]] = MappingProxyType(
    {
        "BIGINT": r"[+-]?[0-9]{1,19}",
        "INTEGER": r"[+-]?[0-9]{1,19}",
        "DOUBLE": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?",
        "DATE": _DAY,
        "TIMESTAMP": _DAY + r"[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?",
    }
)


def from_text(column: Column, *, cell: str) -> str:
    """Return SQL that reads a text cell as the column's type, and null where it cannot."""
    if column.type == "VARCHAR":
        return cell
    if column.type == "BOOLEAN":
        return f"CASE WHEN lower({cell}) IN ('true', '1') THEN true WHEN lower({cell}) IN ('false', '0') THEN false END"
    return (
        f"CASE WHEN regexp_full_match({cell}, {literal(_PATTERN[column.type])}) "
        f"THEN TRY_CAST({cell} AS {column.type}) END"
    )


def from_parquet(column: Column, *, cell: str, stored_type: str) -> str:
    """Return SQL that reads a Parquet value of a DuckDB type `stored_type` without losing anything, else null.

    A time of day in a column of days, a whole number out of range, and a fraction of a microsecond are losses.
    """
    if stored_type == column.type:
        return cell
    if stored_type == "NULL":
        return f"CAST(NULL AS {column.type})"
    cast = f"TRY_CAST({cell} AS {column.type})"
    # Whatever was lost on the way there is missing on the way back: a time of day in a day, a fraction in a time.
    if column.temporal:
        return f"CASE WHEN TRY_CAST({cast} AS {stored_type}) = {cell} THEN {cast} END"
    if column.type == "DOUBLE" and stored_type != "FLOAT":
        # Above 2**53 not every whole number has a floating-point one.
        return f"CASE WHEN TRY_CAST({cast} AS HUGEINT) = {cell} THEN {cast} END"
    return cast


def unread(
    columns: Sequence[Column],
    *,
    cells: Mapping[str, str],
    readings: Mapping[str, str],
    expected: Mapping[str, str] = EXPECTED_AS_USUAL,
) -> str:
    """Return SQL that names every cell with a value that has no typed one, a line each; null when there is none.

    `expected` says of some columns what is expected, in the place of their type's words.
    """
    # A cell that is read as it stands cannot fail and needs no test.
    parts = [
        f"CASE WHEN {cells[c.name]} IS NOT NULL AND {readings[c.name]} IS NULL "
        f"THEN {literal(f'{c.name}: expected {expected.get(c.name) or EXPECTED[c.type]}, found ')}"
        f" || {excerpt(cells[c.name])} END"
        for c in columns
        if readings[c.name] != cells[c.name]
    ]
    if not parts:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(concat_ws(chr(10), {', '.join(parts)}), '')"


def staged_columns(columns: Sequence[Column], readings: Mapping[str, str]) -> str:
    """Return the select items of the contract columns from the expressions that read them."""
    return ", ".join(f"{readings[c.name]} AS {quoted(c.name)}" for c in columns)
