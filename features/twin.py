"""The slow, obvious second implementation of every indicator: plain Python over plain rows.

It shares the declaration with the SQL and nothing else, so that the two can be set against each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from data.contract import CONTRACT
from data.schema import Table
from features.columns import referring_column
from features.expression import evaluate
from features.indicator import Indicator
from features.relation import OTHER, JoinPairs, Related

Record = Mapping[str, Any]
"""A row as plain Python holds it: values by column."""
RecordsByTable = Mapping[str, Sequence[Record]]
"""Rows by table."""


def rows_as_of(table: Table, rows: Sequence[Record], as_of: date) -> list[dict[str, Any]]:
    """Return the rows known before an as-of date, with everything learnt later blanked."""
    present = [row for row in rows if table.known is None or row[table.known] is None or row[table.known] < as_of]
    return [{c.name: row[c.name] if _readable(c, row, as_of) else None for c in table.columns} for row in present]


def _readable(column: Any, row: Record, as_of: date) -> bool:
    if column.known_from is None:
        return bool(column.usable)
    learnt = row[column.known_from]
    return learnt is not None and _day(learnt) < as_of


def value(indicator: Indicator, rows: RecordsByTable, *, subject: int, as_of: date, window: int) -> int | None:
    """Return an indicator's value for one subject, computed row by row."""
    if indicator.aggregate == "formula":
        assert indicator.value is not None
        parts = {p.name: value(p, rows, subject=subject, as_of=as_of, window=window) for p in indicator.parts}
        number: int | None = evaluate(indicator.value, parts)
        return number
    counting = _counting_rows(indicator, rows, subject, as_of, window)
    if not counting:
        return 0 if indicator.missing == "zero" else None
    if indicator.aggregate == "count":
        return _causes(indicator, counting) if indicator.independent else len(counting)
    if indicator.aggregate == "days":
        return len({day for row in counting for day in _days(indicator, row, as_of, window)})
    assert indicator.value is not None
    values = [evaluate(indicator.value, row) for row in counting]
    if indicator.aggregate == "distinct":
        return len(set(values))
    if indicator.aggregate == "sum":
        return int(sum(values))
    return int(min(values) if indicator.aggregate == "min" else max(values))


def _causes(indicator: Indicator, rows: Sequence[Record]) -> int:
    """Return how many groups of rows there are that share no cause with any row outside their group."""
    groups: list[set[tuple[int, Any]]] = []
    for number, row in enumerate(rows):
        keys = [(way, tuple(evaluate(part, row) for part in parts)) for way, parts in enumerate(indicator.causes)]
        own: set[tuple[int, Any]] = {(-1, number)} | {key for key in keys if None not in key[1]}
        for group in [g for g in groups if g & own]:
            groups.remove(group)
            own |= group
        groups.append(own)
    return len(groups)


def _counting_rows(
    indicator: Indicator, rows: RecordsByTable, subject: int, as_of: date, window: int
) -> list[dict[str, Any]]:
    counting = []
    for row in _with_joined(indicator, rows, as_of):
        if evaluate(indicator.subject_field, row) != subject or not _inside(indicator, row, as_of, window):
            continue
        if indicator.where is not None and evaluate(indicator.where, row) is not True:
            continue
        if indicator.value is not None and evaluate(indicator.value, row) is None:
            continue
        if not all(_related(indicator, related, row, rows, as_of) for related in indicator.having):
            continue
        if any(_related(indicator, related, row, rows, as_of) for related in indicator.without):
            continue
        counting.append(row)
    return counting


def _with_joined(indicator: Indicator, rows: RecordsByTable, as_of: date) -> Iterator[dict[str, Any]]:
    """Yield each row with the rows it refers to, once for each row that it is joined to."""
    for row in rows_as_of(indicator.source, rows.get(indicator.table, ()), as_of):
        wide = row | {name: _referred(indicator, name, row, rows, as_of) for name in indicator.lookups}
        if indicator.joined is None:
            yield wide
        else:
            for other in _related(indicator, indicator.joined, row, rows, as_of):
                yield wide | {indicator.joined_as: other}


def _related(indicator: Indicator, related: Related, row: Record, rows: RecordsByTable, as_of: date) -> list[Record]:
    matches: list[Record] = []
    for other in rows_as_of(related.target, rows.get(related.table, ()), as_of):
        if related.table == indicator.table and other[str(related.target.key)] == row[str(indicator.source.key)]:
            continue
        if not any(_equal(pairs, row, other) for pairs in related.ways):
            continue
        if related.match is None or evaluate(related.match, {**row, OTHER: other}) is True:
            matches.append(other)
    return matches


def _equal(pairs: JoinPairs, row: Record, other: Record) -> bool:
    values = [(evaluate(left, row), evaluate(right, other)) for left, right in pairs]
    return all(None not in pair and pair[0] == pair[1] for pair in values)


def _referred(indicator: Indicator, name: str, row: Record, rows: RecordsByTable, as_of: date) -> Record | None:
    target = CONTRACT[name]
    key = row[str(referring_column(indicator.source, name))]
    matches = [r for r in rows_as_of(target, rows.get(name, ()), as_of) if r[str(target.key)] == key]
    return matches[0] if matches else None


def _inside(indicator: Indicator, row: Record, as_of: date, window: int) -> bool:
    moment = evaluate(indicator.moment, row)
    if moment is None:
        return False
    first = as_of - timedelta(days=window)
    if indicator.aggregate == "days":
        until = row[str(indicator.source.until)]
        return _day(moment) < as_of and (until is None or _day(until) >= first)
    return first <= _day(moment) < as_of


def _days(indicator: Indicator, row: Record, as_of: date, window: int) -> Iterator[tuple[Any, date]]:
    """Yield each day of a window that a spell covers, with the value whose spells are united."""
    until = row[str(indicator.source.until)]
    last = as_of - timedelta(days=1)
    if until is not None:
        last = min(last, _day(until))
    first = max(_day(evaluate(indicator.moment, row)), as_of - timedelta(days=window))
    value = None if indicator.value is None else evaluate(indicator.value, row)
    yield from ((value, first + timedelta(days=n)) for n in range((last - first).days + 1))


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
