"""The SQL that declarations are compiled to, as far as engines write it differently: dates, casts, nulls, extremes.

The other modules of `features` that write SQL (`plain_query`, `scan_query`, `subjects`, `volumes`) use these pieces and
what is alike in all engines: select, join, group by, filter, case, window functions. For another engine the queries of
`features` therefore need another version of this module alone. The rest of OpenCSE has SQL of its own, written for
DuckDB: loading, constraints and validation (`data`, `pipeline`), contradiction rules (`models`) and what audits read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from data.contract import CONTRACT
from data.schema import SqlType, Table
from data.store import literal, quoted
from features.expression import Expression, Field, Operation, Value, readdress
from features.relation import OTHER, JoinPairs, Related

ROW: Final = "r"
"""The alias under which a declaration's own row is read."""

ClosedColumns = Mapping[tuple[str, ...], SqlType]
"""Columns whose gates are closed (they are not known yet), by path, with the type of the null that stands for each."""

MATERIALIZED: Final = "MATERIALIZED"
"""Asks for a subquery to be computed once."""

RECURSIVE: Final = "WITH RECURSIVE"
"""Opens subqueries of which some read themselves until nothing is added."""

_INFIX: Final[Mapping[str, str]] = {"and": "AND", "or": "OR"} | {
    o: o for o in ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*")
}

_FUNCTIONS: Final[Mapping[str, Callable[..., str]]] = {
    "not": lambda a: f"(NOT {a})",
    "is_null": lambda a: f"({a} IS NULL)",
    "in": lambda a, *rest: f"({a} IN ({', '.join(rest)}))",
    "day": lambda a: f"CAST({a} AS DATE)",
    "hour": lambda a: f"EXTRACT(hour FROM {a})",
    "weekday": lambda a: f"EXTRACT(isodow FROM {a})",
    "minutes_later": lambda a, n: f"({a} + INTERVAL ({n}) MINUTE)",
    "minutes_between": lambda a, b: f"date_diff('minute', {a}, {b})",
    "days_later": lambda a, n: f"(CAST({a} AS DATE) + {n})",
    "or_else": lambda a, b: f"coalesce({a}, {b})",
    # CASE, because engines disagree on whether greatest() skips nulls.
    "later_of": lambda a, b: f"(CASE WHEN {a} >= {b} THEN {a} WHEN {a} < {b} THEN {b} END)",
}


def expression_sql(expression: Expression, *, row: str = ROW, closed: ClosedColumns | None = None) -> str:
    """Return an expression as SQL; the row's own columns carry the alias `row`, others their table's name.

    Columns in `closed` are written as null.
    """
    if isinstance(expression, Value):
        return _constant(expression.value)
    if isinstance(expression, Field):
        if closed and expression.path in closed:
            return null(closed[expression.path])
        owner, name = (row, *expression.path)[-2:]
        return f"{quoted(owner)}.{name}"
    assert isinstance(expression, Operation)
    operands = [expression_sql(operand, row=row, closed=closed) for operand in expression.operands]
    if expression.name in _INFIX:
        return f"({f' {_INFIX[expression.name]} '.join(operands)})"
    return _FUNCTIONS[expression.name](*operands)


def relation_sql(related: Related, source: Table, *, alias: str = OTHER, closed: ClosedColumns | None = None) -> str:
    """Return the condition under which a row of `related`, read under an alias, belongs to a row of `source`."""
    conditions = [_equal(related.pairs, alias, closed)] if related.pairs else []
    if related.either:
        conditions.append(f"({' OR '.join(_equal(pairs, alias, closed) for pairs in related.either)})")
    if related.match is not None:
        conditions.append(expression_sql(readdress(related.match, owner=OTHER, new=alias), closed=closed))
    if related.table == source.name:
        conditions.append(f"{quoted(alias)}.{source.key} <> {quoted(ROW)}.{source.key}")
    return " AND ".join(conditions)


def _equal(pairs: JoinPairs, alias: str, closed: ClosedColumns | None) -> str:
    return " AND ".join(
        f"{expression_sql(left, closed=closed)} = {expression_sql(_under_alias(right, alias), closed=closed)}"
        for left, right in pairs
    )


def _under_alias(expression: Expression, alias: str) -> Expression:
    """Return an expression over the related row's own columns as one over the columns of an alias."""
    if isinstance(expression, Field):
        return Field((alias, *expression.path))
    if isinstance(expression, Operation):
        return Operation(expression.name, tuple(_under_alias(part, alias) for part in expression.operands))
    return expression


def closed_types(source: Table, paths: Sequence[tuple[str, ...]]) -> ClosedColumns:
    """Return columns that are not known yet, each with its type."""
    tables = {path: source if len(path) == 1 or path[0] == OTHER else CONTRACT[path[0]] for path in paths}
    return {path: tables[path].column[path[-1]].type for path in sorted(paths)}


def _constant(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"CAST('{value!r}' AS DOUBLE)"
    return day(value) if isinstance(value, date) else literal(str(value))


def day(value: date) -> str:
    """Return a calendar day."""
    return f"DATE '{value}'"


def null(kind: SqlType) -> str:
    """Return the null of a type."""
    return f"CAST(NULL AS {kind})"


def epoch_day(expression: str) -> str:
    """Return the number of days from 1 January 1970 to a date, a whole number."""
    return f"date_diff('day', DATE '1970-01-01', {expression})"


def largest(numbers: Sequence[str]) -> str:
    """Return the largest of some numbers, none of which is null."""
    return numbers[0] if len(numbers) == 1 else f"greatest({', '.join(numbers)})"


def smallest(numbers: Sequence[str]) -> str:
    """Return the smallest of some numbers, none of which is null."""
    return numbers[0] if len(numbers) == 1 else f"least({', '.join(numbers)})"


def integer(expression: str, *, bits: int = 64) -> str:
    """Return a number as a whole number of so many bits."""
    return f"CAST({expression} AS {'BIGINT' if bits == 64 else 'INTEGER'})"
