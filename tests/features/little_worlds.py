"""Little worlds for law tests: valid rows of a few tables, drawn where windows begin, end and meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from data.contract import CONTRACT
from data.sample_records import complete_rows
from data.schema import Column, Table
from features.expression import Field, Operation, Value, walk
from features.indicator import Indicator

AS_OFS = (date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1))
"""The as-of dates that laws are tested at, all of them in each world."""

PEOPLE, TEAMS = (1, 2, 3), (1, 2, 3)
MEMBERS = {11: 1, 12: 2, 13: 3}
"""Officers that are always in their team, for worlds with postings."""

_LAGS = (0, 0, 0, 1, 2, 29, 31, 62, 400)
_TIMES = (time(0, 0), time(7, 0), time(12, 30, 59), time(22, 0), time(23, 59))
_LONGEST = 6

Row = dict[str, Any]
World = dict[str, list[Row]]


def worlds(indicators: Sequence[Indicator]) -> st.SearchStrategy[World]:
    """Worlds with the tables that the indicators read, rich in rows that count and in rows that just do not."""
    return st.composite(_world)(indicators)


def _world(draw: st.DrawFn, indicators: Sequence[Indicator]) -> World:
    names = sorted({name for i in indicators for name in i.tables} - {"officer", "unit"})
    days = st.sampled_from(_days(indicators))
    hints = _hints(indicators)
    tables: dict[str, list[Row]] = {
        "unit": [{"unit_id": t, "kind": "team", "parent_unit_id": 9} for t in TEAMS]
        + [{"unit_id": 9, "kind": "force"}],
        "officer": [{"officer_id": o, **draw(_service)} for o in PEOPLE],
    }
    for name in names:
        row = st.composite(_row)(CONTRACT[name], days, hints.get(name, {}))
        tables[name] = draw(st.lists(row, max_size=_LONGEST))
    if "posting" in tables:  # a team is looked at as long as it has a member
        tables["officer"] += [{"officer_id": member, "joined_on": date(2015, 1, 1)} for member in MEMBERS]
        tables["posting"] += [
            {"officer_id": m, "unit_id": t, "started_on": date(2020, 1, 1)} for m, t in MEMBERS.items()
        ]
    return complete_rows(tables)


def _days(indicators: Sequence[Indicator]) -> list[date]:
    """The days at which something changes: the edges of windows, with the days before and after."""
    edges = set(AS_OFS) | {a - timedelta(days=w) for a in AS_OFS for i in indicators for w in i.windows}
    near = {e + timedelta(days=k) for e in edges for k in (-1, 0, 1)}
    return sorted(near | {date(2025, 10, 15), date(2025, 11, 15), date(2025, 12, 10), date(2020, 5, 5)})


_service = st.one_of(
    st.just({"joined_on": date(2015, 1, 1)}),
    st.fixed_dictionaries(
        {
            "joined_on": st.sampled_from([date(2015, 1, 1), date(2025, 10, 20), AS_OFS[1], AS_OFS[2]]),
            "left_on": st.sampled_from([None, None, AS_OFS[2] - timedelta(days=1), AS_OFS[2]]),
        }
    ),
)


def _hints(indicators: Sequence[Indicator]) -> dict[str, dict[str, list[Any]]]:
    """Constants that declarations compare columns with, and their neighbours, so that conditions are often met."""
    constants: dict[str, dict[str, list[Any]]] = {}
    for indicator in indicators:
        for part in (p for e in indicator.expressions for p in walk(e)):
            if not isinstance(part, Operation):
                continue
            values = [o.value for o in part.operands if isinstance(o, Value)]
            for path in [o.path for o in part.operands if isinstance(o, Field)]:
                table = indicator.table if len(path) == 1 else path[0]
                constants.setdefault(table, {}).setdefault(path[-1], []).extend(_near(values))
    return constants


def _near(values: Sequence[Any]) -> list[Any]:
    whole = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    return [*values, *(v + k for v in whole for k in (-1, 0, 1))]


def _row(draw: st.DrawFn, table: Table, days: st.SearchStrategy[date], hints: Mapping[str, list[Any]]) -> Row:
    row: Row = {}
    for column in table.columns:
        if column.name != table.key and not column.temporal:
            row[column.name] = draw(_plain(column, hints.get(column.name, [])))
    _draw_times(draw, table, days, row)
    return row


def _plain(column: Column, hints: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Values of a column that is no date; small numbers, so that rows refer to each other and repeat themselves."""
    some: list[st.SearchStrategy[Any]] = []
    if column.values:
        some.append(st.sampled_from(column.values))
        hints = [h for h in hints if h in column.values]
    elif column.type == "BOOLEAN":
        some.append(st.booleans())
        hints = []
    elif column.type == "DOUBLE":
        some.append(st.sampled_from([0.5, 0.9, 1.0]))
        hints = []
    elif column.type == "VARCHAR":
        some.append(st.sampled_from(["a", "b"]))
        hints = [h for h in hints if isinstance(h, str)]
    elif column.references in ("officer", "unit"):
        some.append(st.sampled_from(PEOPLE))
        hints = []
    elif column.references or column.name.endswith("_id"):
        some.append(st.integers(1, 4))
        hints = []
    else:
        some.append(st.integers(0, 600))
        hints = [h for h in hints if isinstance(h, int) and (column.minimum is None or h >= column.minimum)]
        hints = [h for h in hints if column.maximum is None or h <= column.maximum]
        if column.maximum is not None:
            some = [st.integers(int(column.minimum or 0), int(column.maximum))]
    if hints:
        some += [st.sampled_from(hints)] * 2
    if column.nullable:
        some.append(st.none())
    return st.one_of(some)


def _draw_times(draw: st.DrawFn, table: Table, days: st.SearchStrategy[date], row: Row) -> None:
    """Draw the dates so that they keep the contract's orders: occurred, then the others at or after it, then known."""
    first = draw(days)
    moment = draw(st.sampled_from(_TIMES))
    for column in table.columns:
        if not column.temporal or column.name == table.known:
            continue
        if column.name == table.occurred:
            row[column.name] = _typed(column, first, moment)
        elif column.name == "occurred_on":  # what a complaint is about lies before it was received
            row[column.name] = draw(st.sampled_from([None, first - timedelta(days=3)]))
        elif column.name == "declared_on":
            row[column.name] = first
        elif column.nullable:
            row[column.name] = draw(st.one_of(st.none(), st.builds(_later, st.just(column), st.just(first), days)))
        else:
            row[column.name] = _typed(column, first, moment) + timedelta(hours=draw(st.sampled_from([0, 2, 8, 30])))
    if table.known not in (None, table.occurred):
        row[str(table.known)] = first + timedelta(days=draw(st.sampled_from(_LAGS)))


def _later(column: Column, first: date, drawn: date) -> date:
    return _typed(column, max(first, drawn), time(23, 59, 30))


def _typed(column: Column, on: date, at: time) -> date:
    return datetime.combine(on, at) if column.type == "TIMESTAMP" else on


def renamed(world: World, *, officers: Mapping[int, int], teams: Mapping[int, int]) -> World:
    """The same world with other ids for its people, teams and rows, and its rows in the opposite order."""
    again: World = {}
    for name, rows in world.items():
        table = CONTRACT[name]
        again[name] = [_renamed(table, row, officers, teams) for row in reversed(rows)]
    return again


def _renamed(table: Table, row: Row, officers: Mapping[int, int], teams: Mapping[int, int]) -> Row:
    new = dict(row)
    for column in table.columns:
        value = row[column.name]
        if value is None or column.type != "BIGINT" or not column.name.endswith("_id"):
            continue
        target = table.name if column.name == table.key else column.references
        if target == "officer":
            new[column.name] = officers.get(value, value + 1000)
        elif target == "unit":
            new[column.name] = teams.get(value, value + 1000)
        else:  # any one-to-one change that turns the order around
            new[column.name] = 100_000 - 7 * value
    return new
