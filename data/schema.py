"""What a table and a column of the record contract are, and the SQL definition they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Literal

SqlType = Literal["BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP"]
Category = Literal[
    "attendance", "health", "activity", "conduct", "systems", "declarations", "people", "protected", "truth"
]

EARLIEST_DAY = "1900-01-01"
"""No date in any table lies before this day; one that does is a typing error."""

LATEST_DAY = "2100-01-01"
"""No date in any table lies on or after this day. An open end is written as null, never as a far date."""


def is_as_of_day(day: date) -> bool:
    """Say whether something can be computed as of a day: whether a day that records may have lies just before it.

    Example:
        >>> is_as_of_day(date(2100, 1, 1)), is_as_of_day(date(9999, 12, 31)), is_as_of_day(date(1, 1, 1))
        (True, False, False)
    """
    return date.fromisoformat(EARLIEST_DAY) < day <= date.fromisoformat(LATEST_DAY)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its type, what may stand in it, and from which day on it may be read.

    `references` names the table whose key the value must be. A reference that is not `enforced` may dangle (the row
    it points to can have been deleted or never extracted): it is counted by validation, and no row is lost for it.
    `known_from` names the column whose day must lie before an as-of date for this column to be read there; until then
    it reads as null. `usable` is false where no such day is recorded: nothing may be computed from the column. An
    `optional` column may be null in all rows without making anybody alike: what reads it is computed only where it is
    filled (`data.optional_columns`).
    """

    name: str
    type: SqlType
    doc: str = ""
    nullable: bool = False
    values: tuple[str, ...] = ()
    references: str | None = None
    enforced: bool = True
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    known_from: str | None = None
    usable: bool = True
    optional: bool = False
    category: Category | None = None

    @property
    def temporal(self) -> bool:
        """Whether the column holds a date or a time."""
        return self.type in ("DATE", "TIMESTAMP")


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its columns in order, its key, and which of them say when something happened and became known.

    `occurred` is the column that says when a row's matter happened (or began), `until` when it ended. `known` is the
    column with the first day on which the force held the row; null for reference tables that are always known.
    `orders` lists pairs (a, b) with a <= b wherever both are there.
    """

    name: str
    doc: str
    category: Category
    columns: tuple[Column, ...]
    key: str | None
    known: str | None = None
    occurred: str | None = None
    until: str | None = None
    orders: tuple[tuple[str, str], ...] = ()
    section: str = ""

    @cached_property
    def column(self) -> Mapping[str, Column]:
        """The columns by name."""
        return MappingProxyType({c.name: c for c in self.columns})

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in contract order."""
        return tuple(c.name for c in self.columns)

    @property
    def audit_only(self) -> bool:
        """Whether only error-rate audits may read the table."""
        return self.category == "protected"

    def category_of(self, column: str) -> Category:
        """Return the data category of one column: its own, or else its table's."""
        return self.column[column].category or self.category

    def ddl(self, *, name: str | None = None) -> str:
        """Return the CREATE TABLE statement, with every value list and note as a comment."""
        width = max(len(c.name) for c in self.columns)
        lines = [f"CREATE TABLE {name or self.name} ("]
        for position, column in enumerate(self.columns):
            comma = "," if position < len(self.columns) - 1 else ""
            note = _note(column)
            lines.append(f"  {column.name:<{width}} {_definition(column, self.key)}{comma}{note}")
        return "\n".join([*lines, ");"])


def _definition(column: Column, key: str | None) -> str:
    if column.name == key:
        return f"{column.type} PRIMARY KEY"
    return column.type if column.nullable else f"{column.type} NOT NULL"


def _note(column: Column) -> str:
    parts = []
    if column.values:
        parts.append("one of: " + ", ".join(column.values))
    if column.doc:
        parts.append(column.doc)
    return f"  -- {'; '.join(parts)}" if parts else ""


@dataclass(frozen=True)
class Contract:
    """The whole contract: its version, the record tables and the ground-truth tables of synthetic worlds."""

    version: int
    records: Mapping[str, Table]
    truth: Mapping[str, Table] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.records.values())

    def __getitem__(self, name: str) -> Table:
        return self.records[name]

    @property
    def readable(self) -> frozenset[str]:
        """The names of the tables that a run may read: all but those that only error-rate audits may."""
        return frozenset(table.name for table in self if not table.audit_only)

    def order(self) -> tuple[Table, ...]:
        """Return the record tables so that each comes after every table it has an enforced reference to."""
        ordered: dict[str, Table] = {}
        remaining = dict(self.records)
        while remaining:
            # Free to come next: whose every parent stands already. A table may refer to itself.
            free = [t for t in remaining.values() if _needs(t) <= ordered.keys() | {t.name}]
            if not free:
                raise ValueError(f"circular references among {sorted(remaining)}")
            for table in free:
                ordered[table.name] = remaining.pop(table.name)
        return tuple(ordered.values())


def _needs(table: Table) -> set[str]:
    return {c.references for c in table.columns if c.references and c.enforced}
