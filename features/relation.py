"""Rows that belong to a row without being referred to by it: the shift that covers a look-up, the posting on a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.asof import gate
from data.contract import CONTRACT
from data.schema import Category, Table
from features.expression import Expression, fields

OTHER: Final = "other"
"""The name under which a condition reads the related row: `col.other.ends_at`."""

JoinPairs = tuple[tuple[Expression, Expression], ...]
"""Expressions of the row, each with the one of the related row that it must equal."""


@dataclass(frozen=True, kw_only=True)
class Related:
    """The rows of another table, or of the same, that belong to a row.

    They are equal to it in all `pairs` (an expression of the row, one of the related row) and meet `match`, which reads
    the row's columns as `col.<column>` and the related row's as `col.other.<column>`. Where rows may belong together in
    several ways (a shift that began on the day, or on the day before), `either` holds the pairs of each way, and one of
    them is enough. A row is never related to itself. Like every row, a related row is there only when it was known
    before the as-of date.

    Example:
        >>> from features.expression import col, day
        >>> on_shift = Related(
        ...     table="shift",
        ...     pairs=((col.officer_id, col.officer_id), (day(col.accessed_at), day(col.starts_at))),
        ...     match=col.other.ends_at >= col.accessed_at,
        ... )
        >>> sorted(on_shift.own), sorted(on_shift.others)
        (['accessed_at', 'officer_id'], ['ends_at', 'officer_id', 'starts_at'])
    """

    table: str
    pairs: JoinPairs
    either: tuple[JoinPairs, ...] = ()
    match: Expression | None = None

    def __repr__(self) -> str:
        return f"Related(table={self.table!r})"

    @property
    def target(self) -> Table:
        """The contract table of the related rows."""
        return CONTRACT[self.table]

    @property
    def ways(self) -> tuple[JoinPairs, ...]:
        """All pairs of each way in which rows may belong together."""
        return tuple((*self.pairs, *more) for more in self.either) or (self.pairs,)

    @property
    def own(self) -> frozenset[str]:
        """The columns it reads of the row."""
        paths = {path for pairs in self.ways for left, _ in pairs for path in fields(left)}
        paths |= {path for path in fields(self.match) if path[0] != OTHER} if self.match is not None else set()
        return frozenset(".".join(path) for path in paths)

    @property
    def others(self) -> frozenset[str]:
        """The columns it reads of the related row."""
        paths = {path for pairs in self.ways for _, right in pairs for path in fields(right)}
        paths |= {path[1:] for path in fields(self.match) if path[0] == OTHER} if self.match is not None else set()
        return frozenset(".".join(path) for path in paths)

    def categories(self) -> frozenset[Category]:
        """Return the data categories of the related table and of everything read from it."""
        read = [self.target.category_of(name) for name in self.others if name in self.target.column]
        return frozenset([self.target.category, *read])


def relation_faults(related: Related, source: Table, *, as_columns: bool) -> list[str]:
    """Return what is wrong with a relation of a table's rows; `as_columns` says whether its columns are read as well.

    Where only its being there is asked for, no column that is learnt later may be read: the answer would come and go.
    """
    if related.table not in CONTRACT.records:
        return [f"there is no table {related.table} to be related to"]
    target = related.target
    if target.audit_only:
        return [f"{related.table} is for audits only"]
    if target.known is None:
        return [f"{related.table} has no day on which a row became known: it cannot be related to"]
    faults = (
        []
        if all(related.ways) and all(related.either)
        else [f"rows of {related.table} must be equal to the row in something: state `pairs`"]
    )
    for table, names in ((source, related.own), (target, related.others)):
        for name in sorted(names):
            if name not in table.column:
                faults.append(f"{name} is not a column of {table.name}")
            elif not table.column[name].usable:
                faults.append(f"{table.name}.{name} may not be used: the day it became known is not recorded")
            # The scan asks since when a relation holds; a column that is learnt later could end it again.
            elif not as_columns and gate(table, name) is not None:
                faults.append(f"{table.name}.{name} is learnt later than its row and may not decide what is related")
    return faults
