"""What expressions read of a table and of the rows it refers to: which column refers, data categories, faults."""

from __future__ import annotations

from data.contract import CONTRACT
from data.schema import Category, Table
from features.expression import Expression, fields


def referring_column(source: Table, target: str) -> str | None:
    """Return the column of a table that refers to another table; None when there is none or no single one."""
    referring = [c for c in source.columns if c.references == target]
    certain = [c for c in referring if c.enforced] or referring
    return certain[0].name if len(certain) == 1 else None


def categories(source: Table, expressions: tuple[Expression, ...]) -> frozenset[Category]:
    """Return the data categories of all columns that expressions read from a table and the rows it refers to."""
    read: set[Category] = set()
    for path in {path for e in expressions for path in fields(e)}:
        table = source if len(path) == 1 else CONTRACT[path[0]]
        read.add(table.category_of(path[-1]))
    return frozenset(read)


def column_faults(source: Table, expressions: tuple[Expression, ...]) -> list[str]:
    """Return what is wrong with the columns that expressions read: unknown, audit-only, or not usable."""
    faults = []
    for path in sorted({path for e in expressions for path in fields(e)}):
        table = source if len(path) == 1 else CONTRACT.records.get(path[0])
        name = ".".join(path)
        if len(path) > 2 or table is None or path[-1] not in table.column:
            faults.append(f"{name} is not a column of {source.name} or of a table it refers to")
        elif len(path) == 2 and referring_column(source, path[0]) is None:
            faults.append(f"{source.name} has no single column that refers to {path[0]}")
        elif table.audit_only:
            faults.append(f"{name} is for audits only")
        elif not table.column[path[-1]].usable:
            faults.append(f"{name} may not be used: the day it became known is not recorded")
    return faults
