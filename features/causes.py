"""What makes rows share a cause: the columns that rows of one incident, one case or one complainant agree in."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from data.asof import gate
from data.schema import Table
from features.expression import Expression, fields

Causes = tuple[tuple[Expression, ...], ...]
"""The ways in which rows may share a cause, each with the expressions that have to agree."""


def cause_faults(causes: Causes, source: Table, aggregate: str) -> list[str]:
    """Return what is wrong with the causes that a declaration names.

    Only columns of the row itself that are known with it may tell a cause: with one that is learnt later, a count
    could fall from one as-of date to the next although nothing was taken back.
    """
    faults = []
    if aggregate != "count":
        faults.append(f"only a count can be one of causes: `independent` does not go with {aggregate}")
    for path in sorted({path for way in causes for expression in way for path in fields(expression)}):
        if len(path) > 1:
            faults.append(f"{'.'.join(path)} is of another row: rows share a cause by columns of their own")
        elif path[0] in source.column and gate(source, path[0]) is not None:
            faults.append(f"{source.name}.{path[0]} is learnt later than its row and may not tell its cause")
    if any(not way or not _reads(way) for way in causes):
        faults.append("each entry of `independent` reads a column")
    return faults


def _reads(way: Sequence[Expression]) -> bool:
    return all(fields(expression) for expression in way)


def causes_by_day(causes: Causes, coarse: Collection[str]) -> Causes:
    """Return the causes without those that rest on a column known by month or year.

    That two complaints are about the same month is no sign that they are about the same matter.

    Example:
        >>> from features.expression import col
        >>> causes_by_day(((col.complaint_id,), (col.unit_id, col.occurred_on)), {"occurred_on"})
        ((col.complaint_id,),)
    """
    return tuple(way for way in causes if not any(path[-1] in coarse for part in way for path in fields(part)))
