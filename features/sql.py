"""Declarations as SQL: expressions, scans and evidence, and the dialect they are written in, all in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from data.asof import asof_query
from data.contract import CONTRACT
from data.schema import Table
from data.store import literal
from features.base import Indicator, referring_column
from features.expression import Expression, Field, Operation, Value

ROW: Final = "r"
"""The alias under which a declaration's own row is read."""

_INFIX: Final[Mapping[str, str]] = {"and": "AND", "or": "OR"} | {
    o: o for o in ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*")
}

_DIALECT: Final[Mapping[str, Callable[..., str]]] = {
    "not": lambda a: f"(NOT {a})",
    "is_null": lambda a: f"({a} IS NULL)",
    "in": lambda a, *rest: f"({a} IN ({', '.join(rest)}))",
    "day": lambda a: f"CAST({a} AS DATE)",
    "hour": lambda a: f"EXTRACT(hour FROM {a})",
    "weekday": lambda a: f"EXTRACT(isodow FROM {a})",
    "minutes_later": lambda a, n: f"({a} + INTERVAL ({n}) MINUTE)",
    "minutes_between": lambda a, b: f"date_diff('minute', {a}, {b})",
    "days_later": lambda a, n: f"(CAST({a} AS DATE) + {n})",
    # CASE, because engines disagree on whether greatest() skips nulls.
    "later_of": lambda a, b: f"(CASE WHEN {a} >= {b} THEN {a} WHEN {a} < {b} THEN {b} END)",
}

_AGGREGATES: Final[Mapping[str, str]] = {
    "sum": "CAST(sum({value}) FILTER (WHERE {where}) AS BIGINT)",
    "min": "min({value}) FILTER (WHERE {where})",
    "max": "max({value}) FILTER (WHERE {where})",
    "distinct": "count(DISTINCT {value}) FILTER (WHERE {where})",
    "days": "CAST(sum({value}) FILTER (WHERE {where}) AS BIGINT)",
}


def expression_sql(expression: Expression, *, row: str = ROW) -> str:
    """Return an expression as SQL; the row's own columns carry the alias `row`, others their table's name."""
    if isinstance(expression, Value):
        return _constant(expression.value)
    if isinstance(expression, Field):
        owner, name = (row, *expression.path)[-2:]
        return f'"{owner}".{name}'
    assert isinstance(expression, Operation)
    operands = [expression_sql(operand, row=row) for operand in expression.operands]
    if expression.name in _INFIX:
        return f"({f' {_INFIX[expression.name]} '.join(operands)})"
    return _DIALECT[expression.name](*operands)


def _constant(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"CAST('{value!r}' AS DOUBLE)"
    return f"DATE '{value}'" if isinstance(value, date) else literal(str(value))


def loaded(table: Table, as_of: date) -> str:
    """Return the loaded rows of a table as they stood at an as-of date, as a subquery."""
    return f"({asof_query(table, as_of, relation=f'loaded.{table.name}')})"


def from_clause(source: Table, lookups: Sequence[str], as_of: date, *, row: str = ROW) -> str:
    """Return the FROM clause for a table and the rows it refers to, all as they stood at an as-of date."""
    lines = [f'FROM {loaded(source, as_of)} AS "{row}"']
    for name in lookups:
        target = CONTRACT[name]
        lines.append(
            f'LEFT JOIN {loaded(target, as_of)} AS "{name}"'
            f' ON "{name}".{target.key} = "{row}".{referring_column(source, name)}'
        )
    return "\n".join(lines)


def counted(indicator: Indicator, as_of: date, window: int) -> str:
    """Return the condition under which a row counts for an indicator in the window that ends before an as-of date."""
    conditions = [_inside(indicator, as_of, window)]
    if indicator.where is not None:
        conditions.append(expression_sql(indicator.where))
    if indicator.value is not None:
        conditions.append(f"{expression_sql(indicator.value)} IS NOT NULL")
    return " AND ".join(conditions)


def _inside(indicator: Indicator, as_of: date, window: int) -> str:
    begins, ends = f"DATE '{as_of}' - {window}", f"DATE '{as_of}'"
    moment = f"CAST({expression_sql(indicator.moment)} AS DATE)"
    if indicator.aggregate != "days":
        return f"{moment} >= {begins} AND {moment} < {ends}"
    until = f'CAST("{ROW}".{indicator.source.until} AS DATE)'
    return f"{moment} < {ends} AND ({until} IS NULL OR {until} >= {begins})"


def aggregate_sql(indicator: Indicator, as_of: date, window: int) -> str:
    """Return the select item that computes an indicator's value for one window; null when no row counts."""
    where = counted(indicator, as_of, window)
    if indicator.aggregate == "count":
        return f"nullif(count(*) FILTER (WHERE {where}), 0)"
    value = _days(indicator, as_of, window) if indicator.value is None else expression_sql(indicator.value)
    return _AGGREGATES[indicator.aggregate].format(value=value, where=where)


def _days(indicator: Indicator, as_of: date, window: int) -> str:
    until = f'CAST("{ROW}".{indicator.source.until} AS DATE)'
    last = f"least(coalesce({until}, DATE '{as_of}' - 1), DATE '{as_of}' - 1)"
    first = f"greatest(CAST({expression_sql(indicator.moment)} AS DATE), DATE '{as_of}' - {window})"
    return f"({last} - {first} + 1)"


def scan_query(indicators: Sequence[Indicator], as_of: date) -> str:
    """Return one query that computes all windows of all indicators of one table and subject in one pass.

    The result has a row per subject with any row: subject_id, then for each indicator and window its value
    `<name>__<window>` (null where nothing counts) and the number of rows counted `<name>__<window>__n`; and, for each
    window, how many rows the force's systems took in then, `feed__<window>`.
    """
    source, key = indicators[0].source, indicators[0].subject_key
    items = [f'"{ROW}".{key} AS subject_id']
    for window in sorted({w for i in indicators for w in i.windows}):
        known = f"\"{ROW}\".{source.known} >= DATE '{as_of}' - {window}"
        items.append(f"count(*) FILTER (WHERE {known}) AS feed__{window}")
    for indicator in indicators:
        for window in indicator.windows:
            cell = f"{indicator.name}__{window}"
            items.append(f"{aggregate_sql(indicator, as_of, window)} AS {cell}")
            items.append(f"count(*) FILTER (WHERE {counted(indicator, as_of, window)}) AS {cell}__n")
    lookups = sorted({name for i in indicators for name in i.lookups})
    select = ",\n  ".join(items)
    return (
        f"SELECT {select}\n{from_clause(source, lookups, as_of)}\n"
        f'WHERE "{ROW}".{key} IS NOT NULL\nGROUP BY "{ROW}".{key}'
    )


def evidence_query(indicator: Indicator, as_of: date, window: int, subjects: Sequence[int]) -> str:
    """Return the query for the very rows behind an indicator's value, and the rows these refer to.

    The result has subject_id, table_name and row_id, each row once, in that order.
    """
    source = indicator.source
    inner = [f'"{ROW}".{indicator.subject_key} AS subject_id', f'"{ROW}".{source.key} AS "{source.name}__key"']
    inner += [f'"{name}".{CONTRACT[name].key} AS "{name}__key"' for name in indicator.lookups]
    chosen = ", ".join(str(int(s)) for s in subjects)
    rows = (
        f"SELECT {', '.join(inner)}\n{from_clause(source, list(indicator.lookups), as_of)}\n"
        f'WHERE "{ROW}".{indicator.subject_key} IN ({chosen}) AND {counted(indicator, as_of, window)}'
    )
    parts = [
        f'SELECT DISTINCT subject_id, {literal(name)} AS table_name, "{name}__key" AS row_id FROM counted_rows'
        f' WHERE "{name}__key" IS NOT NULL'
        for name in indicator.tables
    ]
    union = "\nUNION ALL\n".join(parts)
    return f"WITH counted_rows AS MATERIALIZED (\n{rows}\n)\n{union}\nORDER BY subject_id, table_name, row_id"
