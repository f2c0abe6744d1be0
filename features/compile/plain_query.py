"""Declarations as SQL at one as-of date: a value's rows, and the plain query for one window that anyone can check.

The engine computes many windows and dates at once (`features.compile.scan_query`); what stands here is the same
question asked the plain way. The evidence of a value is always found this way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from data.asof import asof_query
from data.contract import CONTRACT
from data.schema import Table
from data.store import literal, quoted
from features.columns import referring_column
from features.compile.dialect import (
    MATERIALIZED,
    RECURSIVE,
    ROW,
    day,
    epoch_day,
    expression_sql,
    integer,
    relation_sql,
)
from features.indicator import Indicator
from features.relation import OTHER, Related

_AGGREGATES: Final[Mapping[str, str]] = {
    "sum": integer("sum({value}) FILTER (WHERE {where})"),
    "min": "min({value}) FILTER (WHERE {where})",
    "max": "max({value}) FILTER (WHERE {where})",
    "distinct": "count(DISTINCT {value}) FILTER (WHERE {where})",
}


def loaded(table: Table, as_of: date) -> str:
    """Return the loaded rows of a table as they stood at an as-of date, as a subquery."""
    return f"({asof_query(table, as_of, relation=f'loaded.{table.name}')})"


def from_clause(source: Table, lookups: Sequence[str], as_of: date, *, row: str = ROW) -> str:
    """Return the FROM clause for a table and the rows it refers to, all as they stood at an as-of date."""
    lines = [f"FROM {loaded(source, as_of)} AS {quoted(row)}"]
    for name in lookups:
        target = CONTRACT[name]
        lines.append(
            f"LEFT JOIN {loaded(target, as_of)} AS {quoted(name)}"
            f" ON {quoted(name)}.{target.key} = {quoted(row)}.{referring_column(source, name)}"
        )
    return "\n".join(lines)


def _rows_of(indicator: Indicator, as_of: date) -> str:
    """Return the FROM clause of an indicator's rows with all that they refer to and are joined to."""
    clause = from_clause(indicator.source, list(indicator.lookups), as_of)
    relation = indicator.joined
    if relation is None:
        return clause
    condition = relation_sql(relation, indicator.source, alias=indicator.joined_as)
    return f"{clause}\nJOIN {loaded(relation.target, as_of)} AS {quoted(indicator.joined_as)} ON {condition}"


def _exists(related: Related, source: Table, as_of: date) -> str:
    condition = relation_sql(related, source)
    return f"EXISTS (SELECT 1 FROM {loaded(related.target, as_of)} AS {quoted(OTHER)} WHERE {condition})"


def counts_condition(indicator: Indicator, as_of: date, window: int) -> str:
    """Return the condition under which a row counts in the window that ends before an as-of date.

    What `having` and `without` ask for is left to `_window_free`: it depends on the as-of date alone.
    """
    conditions = [_inside(indicator, as_of, window)]
    if indicator.where is not None:
        conditions.append(expression_sql(indicator.where))
    if indicator.value is not None:
        conditions.append(f"{expression_sql(indicator.value)} IS NOT NULL")
    return " AND ".join(conditions)


def _window_free(indicator: Indicator, as_of: date, *, without: bool = True) -> str:
    """Return what a row must meet whatever the window: it has a subject, and what it is related to is there or not."""
    conditions = [f"{expression_sql(indicator.subject_field)} IS NOT NULL"]
    conditions += [_exists(related, indicator.source, as_of) for related in indicator.having]
    if without:
        conditions += [f"NOT {_exists(related, indicator.source, as_of)}" for related in indicator.without]
    return " AND ".join(conditions)


def _inside(indicator: Indicator, as_of: date, window: int) -> str:
    begins, ends = day(as_of - timedelta(days=window)), day(as_of)
    moment = f"CAST({expression_sql(indicator.moment)} AS DATE)"
    if indicator.aggregate != "days":
        return f"{moment} >= {begins} AND {moment} < {ends}"
    until = f"CAST({quoted(ROW)}.{indicator.source.until} AS DATE)"
    return f"{moment} < {ends} AND ({until} IS NULL OR {until} >= {begins})"


def aggregate_sql(indicator: Indicator, as_of: date, window: int) -> str:
    """Return the select item that computes an indicator's value for one window; null when no row counts."""
    where = counts_condition(indicator, as_of, window)
    if indicator.aggregate == "count":
        return f"nullif(count(*) FILTER (WHERE {where}), 0)"
    assert indicator.value is not None
    return _AGGREGATES[indicator.aggregate].format(value=expression_sql(indicator.value), where=where)


def plain_query(indicator: Indicator, as_of: date) -> str:
    """Return one query that computes all windows of an indicator at one as-of date.

    The result has a row per subject with any row: subject_id, then for each window its value `<name>__<window>` (null
    where nothing counts) and the number of rows counted `<name>__<window>__n`. A formula has no query of its own.
    """
    if indicator.aggregate == "days":
        return _days_query(indicator, as_of)
    if indicator.independent:
        return _causes_query(indicator, as_of)
    items = [f"{expression_sql(indicator.subject_field)} AS subject_id"]
    for window in indicator.windows:
        cell = f"{indicator.name}__{window}"
        items.append(f"{aggregate_sql(indicator, as_of, window)} AS {cell}")
        items.append(f"count(*) FILTER (WHERE {counts_condition(indicator, as_of, window)}) AS {cell}__n")
    select = ",\n  ".join(items)
    return f"SELECT {select}\n{_rows_of(indicator, as_of)}\nWHERE {_window_free(indicator, as_of)}\nGROUP BY 1"


def _days_query(indicator: Indicator, as_of: date) -> str:
    """Return the plain query for days that any spell covers.

    In order of their first days, each spell adds the days after the latest one that earlier spells of the same subject
    and value have covered.
    """
    begun, until = (f"CAST({column} AS DATE)" for column in _spell(indicator))
    value = [f"{expression_sql(indicator.value)} AS united"] if indicator.value is not None else []
    items = [f"{expression_sql(indicator.subject_field)} AS subject", *value]
    items += [f"{quoted(ROW)}.{indicator.source.key} AS row_key", f"{begun} AS begun"]
    fresh, sums = [], []
    for window in indicator.windows:
        begins, where = day(as_of - timedelta(days=window)), counts_condition(indicator, as_of, window)
        begin = epoch_day(f"CASE WHEN {begun} < {begins} THEN {begins} ELSE {begun} END")
        end = epoch_day(f"CASE WHEN {until} < {day(as_of)} THEN {until} ELSE {day(as_of - timedelta(days=1))} END")
        items += [f"CASE WHEN {where} THEN {begin} END AS begin_{window}"]
        items += [f"CASE WHEN {where} THEN {end} END AS end_{window}"]
        fresh += [f"begin_{window}", _fresh_days(window, by="subject, united" if value else "subject")]
        cell = f"{indicator.name}__{window}"
        sums += [f"{integer(f'sum(days_{window})')} AS {cell}", f"count(begin_{window}) AS {cell}__n"]
    rows = f"SELECT {', '.join(items)}\n{_rows_of(indicator, as_of)}\nWHERE {_window_free(indicator, as_of)}"
    days = f"SELECT subject, {', '.join(fresh)}\nFROM (\n{rows}\n) AS spells"
    select = ",\n  ".join(["subject AS subject_id", *sums])
    return f"SELECT {select}\nFROM (\n{days}\n) AS days\nGROUP BY 1"


def _spell(indicator: Indicator) -> tuple[str, str]:
    return expression_sql(indicator.moment), f"{quoted(ROW)}.{indicator.source.until}"


def _fresh_days(window: int, *, by: str) -> str:
    """Return the select item for the days of a spell that no earlier one of its subject (and value) covers."""
    earlier = f"PARTITION BY {by} ORDER BY begun, row_key ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    covered = f"coalesce(max(end_{window}) OVER ({earlier}), begin_{window} - 1)"
    begin = f"CASE WHEN {covered} < begin_{window} THEN begin_{window} ELSE {covered} + 1 END"
    return f"CASE WHEN end_{window} < {begin} THEN 0 ELSE end_{window} - ({begin}) + 1 END AS days_{window}"


def _causes_query(indicator: Indicator, as_of: date) -> str:
    """Return the plain query for causes: rows that can be reached from one another count once.

    Each row is linked to the first row that it agrees with in each way; rows reach what links lead to.
    """
    windows = indicator.windows
    keys = ", ".join(f"{quoted(alias)}.{CONTRACT[table].key}" for alias, table in _key_tables(indicator).items())
    items = [f"{expression_sql(indicator.subject_field)} AS subject", f"row_number() OVER (ORDER BY {keys}) AS number"]
    items += [f"CASE WHEN {counts_condition(indicator, as_of, w)} THEN 1 ELSE 0 END AS counts_{w}" for w in windows]
    for n, way in enumerate(indicator.causes):
        items += [f"{expression_sql(part)} AS cause_{n}_{m}" for m, part in enumerate(way)]
    rows = f"SELECT {', '.join(items)}\n{_rows_of(indicator, as_of)}\nWHERE {_window_free(indicator, as_of)}"
    parts = [f"counted AS {MATERIALIZED} (\n{rows}\n)"]
    cells, joins = [], []
    for window in windows:
        parts += _reached(indicator, window)
        cell = f"{indicator.name}__{window}"
        cells += [f"count(DISTINCT causes_{window}.first_row) AS {cell}"]
        cells += [f"{integer(f'sum(counts_{window})')} AS {cell}__n"]
        joins.append(f"LEFT JOIN causes_{window} ON causes_{window}.number = counted.number")
    select, joined = ",\n  ".join(["subject AS subject_id", *cells]), "\n".join(joins)
    return f"{RECURSIVE} {', '.join(parts)}\nSELECT {select}\nFROM counted\n{joined}\nGROUP BY 1"


def _reached(indicator: Indicator, window: int) -> list[str]:
    """Return the subqueries that find, for each row of a window, the first row that it is connected with."""
    firsts = []
    for n, way in enumerate(indicator.causes):
        columns = [f"cause_{n}_{m}" for m in range(len(way))]
        known = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        first = f"min(number) OVER (PARTITION BY {', '.join(['subject', *columns])})"
        firsts.append(f"SELECT number, {first} AS other FROM counted WHERE counts_{window} = 1 AND {known}")
    first_rows = "\nUNION ALL\n".join(firsts)
    ways = ("number, other", "other AS number, number AS other")
    there_and_back = "\nUNION\n".join(f"SELECT {way} FROM firsts_{window}" for way in ways)
    reached = (
        f"SELECT number, number AS other FROM counted WHERE counts_{window} = 1\nUNION\n"
        f"SELECT reached.number, links.other FROM reached_{window} AS reached"
        f" JOIN links_{window} AS links ON links.number = reached.other"
    )
    return [
        f"firsts_{window} AS {MATERIALIZED} (\n{first_rows}\n)",
        f"links_{window} AS {MATERIALIZED} (\n{there_and_back}\n)",
        f"reached_{window} AS (\n{reached}\n)",
        f"causes_{window} AS (\nSELECT number, min(other) AS first_row FROM reached_{window} GROUP BY number\n)",
    ]


def evidence_query(indicator: Indicator, as_of: date, window: int, subjects: Sequence[int]) -> str:
    """Return the query for the very rows behind an indicator's value: they reproduce it, and no others matter.

    The result has subject_id, table_name, row_id and `counts`, each row once, in that order. Rows that count, with what
    they refer to or are related to, have `counts` true. A row that rules out another one is cited as well, with
    `counts` false: without it that other row would count.
    """
    if indicator.aggregate == "formula":
        parts = [evidence_query(part, as_of, window, subjects) for part in indicator.parts]
        union = "\nUNION\n".join(f"SELECT * FROM (\n{part}\n)" for part in parts)
        return f"{union}\nORDER BY subject_id, table_name, row_id, counts"
    candidates = _candidates(indicator, as_of, window, subjects)
    parts = [_cited(alias, table) for alias, table in _key_tables(indicator).items()]
    parts += [_witnesses(indicator, related, as_of, counts=True) for related in indicator.having]
    parts += [_witnesses(indicator, related, as_of, counts=False) for related in indicator.without]
    union = "\nUNION\n".join(parts)
    order = "ORDER BY subject_id, table_name, row_id, counts"
    return f"WITH candidates AS {MATERIALIZED} (\n{candidates}\n)\n{union}\n{order}"


def _key_tables(indicator: Indicator) -> dict[str, str]:
    """Return the tables that stand in one row with the indicator's own, by alias."""
    other = {indicator.joined_as: indicator.joined.table} if indicator.joined else {}
    return {ROW: indicator.table} | {name: name for name in indicator.lookups} | other


def _candidates(indicator: Indicator, as_of: date, window: int, subjects: Sequence[int]) -> str:
    """Return the rows that count, and (`ruled_out`) those that would if nothing ruled them out."""
    source, subject = indicator.source, expression_sql(indicator.subject_field)
    ruled_out = " OR ".join(_exists(related, source, as_of) for related in indicator.without) or "FALSE"
    # Not `subject_id`, which is a column of some tables: two of a name would be ambiguous further on.
    items = [f'{subject} AS "{ROW}__who"', f"{ruled_out} AS ruled_out"]
    items += [
        f'{quoted(alias)}.{CONTRACT[name].key} AS "{alias}__key"' for alias, name in _key_tables(indicator).items()
    ]
    own = sorted(name for related in (*indicator.having, *indicator.without) for name in related.own)
    items += [f"{quoted(ROW)}.{name}" for name in dict.fromkeys([*own, str(source.key)] if own else [])]
    ids = ", ".join(str(int(s)) for s in subjects)
    conditions = [f"{subject} IN ({ids})", counts_condition(indicator, as_of, window)]
    conditions.append(_window_free(indicator, as_of, without=False))
    return f"SELECT {', '.join(items)}\n{_rows_of(indicator, as_of)}\nWHERE {' AND '.join(conditions)}"


def _cited(alias: str, table: str) -> str:
    return (
        f'SELECT "{ROW}__who" AS subject_id, {literal(table)} AS table_name, "{alias}__key" AS row_id, TRUE AS counts'
        " FROM candidates"
        f' WHERE NOT ruled_out AND "{alias}__key" IS NOT NULL'
    )


def _witnesses(indicator: Indicator, related: Related, as_of: date, *, counts: bool) -> str:
    """Return, for each candidate, the related row that was known first."""
    # Any related row would do as evidence; the first is the one that is there at every later as-of date as well, so
    # that a flag cites the same rows from month to month.
    source, target = indicator.source, related.target
    condition = relation_sql(related, source)
    order = f"{quoted(OTHER)}.{target.known}, {quoted(OTHER)}.{target.key}"
    first = (
        f'SELECT {quoted(ROW)}."{ROW}__who" AS subject_id, {quoted(OTHER)}.{target.key} AS row_id, row_number() OVER'
        f' (PARTITION BY {quoted(ROW)}."{ROW}__who", {quoted(ROW)}."{ROW}__key" ORDER BY {order}) AS place\n'
        f"FROM candidates AS {quoted(ROW)} JOIN {loaded(target, as_of)} AS {quoted(OTHER)} ON {condition}\n"
        f"WHERE {'NOT ' if counts else ''}{quoted(ROW)}.ruled_out"
    )
    counting = "TRUE" if counts else "FALSE"
    return (
        f"SELECT subject_id, {literal(related.table)} AS table_name, row_id, {counting} AS counts FROM (\n{first}\n)"
        " WHERE place = 1"
    )
