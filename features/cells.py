"""Scans as SQL: each row aggregated once into the cell of its subject, its slot of time, and when it was known.

A cell is a subject, a slot of the timeline, the first as-of date at which its rows count (`first`) and the first one
at which they no longer do (`until`; the number of as-of dates where they do not stop). Both are positions among the
as-of dates, and slot, first and until are packed into one number. A row whose answer waits for a gate is read once with
the gate closed, for the as-of dates before, and once with it open, for those after: the stretches do not overlap, so
every row counts at most once at any as-of date.
"""

from __future__ import annotations

from dataclasses import replace

from data.contract import CONTRACT
from data.store import quoted
from features.base import Indicator, referring_column
from features.dialect import (
    MATERIALIZED,
    ROW,
    Closed,
    closed_types,
    day,
    day_number,
    expression_sql,
    ladder,
    largest,
    relation_sql,
    smallest,
    whole,
)
from features.expression import Expression, Field, fields
from features.relation import OTHER, Related
from features.scan import Gate, Scan
from features.timeline import Timeline


def cell_query(scan: Scan, line: Timeline) -> str:
    """Return the query of a scan over all windows and as-of dates of a timeline.

    Every result has subject_id and cell, then for each indicator, by kind of scan:

    - totals: `<name>__n`, how many rows count, and `<name>__value` unless that is the value;
    - days: `<name>__begun` and `<name>__ended`, how many spells begin or end in the slot, and `<name>__balance`: the
      day numbers of the beginnings less those of the days after the ends;
    - distinct: `value`, `<name>__found` and `<name>__n`. Values of a subject that occur in one cell only are counted in
      `found` and have no `value`; the others come with their value and are told apart later.
    """
    states = [_State(scan, line, closed) for closed in scan.states()]
    build = {"totals": _totals, "days": _days, "distinct": _distinct}[scan.kind]
    return _relations(scan, line) + build(scan, states)


class _State:
    """The rows of a scan while some gates are closed and the others open."""

    def __init__(self, scan: Scan, line: Timeline, closed: tuple[Gate, ...]) -> None:
        self.scan, self.line, self._closed = scan, line, closed
        self.closed: Closed = closed_types(scan.source, [path for g in closed for path in g.paths])
        self.moment = expression_sql(scan.model.moment, closed=self.closed)
        self.subject = expression_sql(scan.model.who, closed=self.closed)

    def seen(self, expression: str) -> str:
        """Return the position of the first as-of date after a day."""
        return ladder(expression, self.line.as_ofs)

    @property
    def first(self) -> str:
        """When rows in this state begin to count."""
        opened = [g for g in self.scan.gates if g not in self._closed]
        days = [*self._known(), *(f"{quoted(g.owner)}.{g.day}" for g in opened)]
        days += [f"having_{n}.known_on" for n in range(len(self.scan.model.having))]
        return largest([self.seen(d) for d in days] or ["0"])

    @property
    def until(self) -> str:
        """When rows in this state stop counting."""
        days = [f"{quoted(g.owner)}.{g.day}" for g in self._closed]
        days += [f"without_{n}.known_on" for n in range(len(self.scan.model.without))]
        return smallest([self.seen(d) for d in days] or [str(len(self.line.as_ofs))])

    def _known(self) -> list[str]:
        model, source = self.scan.model, self.scan.source
        known = [f"{quoted(ROW)}.{source.known}"] if source.known else []
        return [*known, *([f"{quoted(model.joined_as)}.{model.joined.target.known}"] if model.joined else [])]

    def cell(self, moment: str) -> str:
        """Return the packed cell of a row whose matter lies on a day of the timeline."""
        base = len(self.line.as_ofs) + 1
        slot = f"({ladder(moment, self.line.edges)} - 1)"
        return whole(f"({slot} * {base} + {self.first}) * {base} + {self.until}", bits=32)

    def rows(self, conditions: list[str]) -> str:
        """Return FROM and WHERE: the rows of this state that are known and, as asked for, in time."""
        needed = [f"{known} < {day(self.line.last)}" for known in self._known()]
        needed += [f"{self.subject} IS NOT NULL", *conditions]
        if self.scan.gates or self.scan.model.without:
            needed.append(f"{self.first} < {self.until}")
        return f"{_from_clause(self.scan, self.closed)}\nWHERE {' AND '.join(needed)}"

    def counts(self, indicator: Indicator) -> str:
        """Return the condition under which a row in time counts for an indicator."""
        conditions = []
        if indicator.where is not None:
            conditions.append(expression_sql(indicator.where, closed=self.closed))
        if indicator.value is not None:
            conditions.append(f"{expression_sql(indicator.value, closed=self.closed)} IS NOT NULL")
        return " AND ".join(conditions)

    def filter(self, indicator: Indicator) -> str:
        """Return what keeps an aggregate to the rows that count: nothing where all rows read do."""
        counts = self.counts(indicator)
        return f" FILTER (WHERE {counts})" if counts and [counts] != self.some_counts() else ""

    def some_counts(self) -> list[str]:
        """Return the condition under which a row counts for one of the indicators; none where one counts every row.

        Only conditions on the row's own columns are used: one that compares the rows of two tables could make the
        database join these by it, which can take forever.
        """
        read = {path for i in self.scan.indicators for e in (i.where, i.value) if e is not None for path in fields(e)}
        counts = list(dict.fromkeys(self.counts(indicator) for indicator in self.scan.indicators))
        if "" in counts or any(len(path) > 1 for path in read):
            return []
        return counts if len(counts) == 1 else ["(" + " OR ".join(f"({c})" for c in counts) + ")"]

    def value(self, indicator: Indicator) -> str:
        """Return the value of a row."""
        assert indicator.value is not None
        return expression_sql(indicator.value, closed=self.closed)

    def in_time(self) -> list[str]:
        """Return the conditions under which a row's moment lies on the timeline."""
        return [f"{self.moment} >= {day(self.line.first)}", f"{self.moment} < {day(self.line.last)}"]


def _from_clause(scan: Scan, closed: Closed) -> str:
    model, source, row = scan.model, scan.source, quoted(ROW)
    lines = [f"FROM loaded.{source.name} AS {row}"]
    for name in model.lookups:
        target, alias = CONTRACT[name], quoted(name)
        column = referring_column(source, name)
        lines.append(f"LEFT JOIN loaded.{name} AS {alias} ON {alias}.{target.key} = {row}.{column}")
    if model.joined:
        condition = relation_sql(model.joined, source, alias=model.joined_as, closed=closed)
        lines.append(f"JOIN loaded.{model.joined.table} AS {quoted(model.joined_as)} ON {condition}")
    for role, join, found in (("having", "JOIN", model.having), ("without", "LEFT JOIN", model.without)):
        lines += [f"{join} {role}_{n} ON {role}_{n}.row_id = {row}.{source.key}" for n in range(len(found))]
    return "\n".join(lines)


def _relations(scan: Scan, line: Timeline) -> str:
    """Return the subqueries that say, for each row, since when a related row is known."""
    roles = [("having", scan.model.having), ("without", scan.model.without)]
    parts = [
        f"{role}_{n} AS {MATERIALIZED} (\n{_known_since(scan, related, line)}\n)"
        for role, found in roles
        for n, related in enumerate(found)
    ]
    return f"WITH {', '.join(parts)}\n" if parts else ""


def _known_since(scan: Scan, related: Related, line: Timeline) -> str:
    row, other, source = quoted(ROW), quoted(OTHER), scan.source
    conditions = [f"{other}.{related.target.known} < {day(line.last)}", *_worth_relating(scan, line)]
    # One join for each way: a single join on alternatives could not be made by looking up what is equal.
    ways = "\nUNION ALL\n".join(
        f"SELECT {row}.{source.key} AS row_id, {other}.{related.target.known} AS known_on\n"
        f"FROM loaded.{source.name} AS {row} JOIN loaded.{related.table} AS {other} ON {relation_sql(way, source)}\n"
        f"WHERE {' AND '.join(conditions)}"
        for way in (replace(related, pairs=pairs, either=()) for pairs in related.ways)
    )
    return f"SELECT row_id, min(known_on) AS known_on FROM (\n{ways}\n) GROUP BY row_id"


def _worth_relating(scan: Scan, line: Timeline) -> list[str]:
    """Return what can be said early of rows that may count, from their own columns, so that fewer are related."""
    source = scan.source
    conditions = [f"{quoted(ROW)}.{source.known} < {day(line.last)}"] if source.known else []
    if not _gated(scan, scan.model.moment):
        moment = expression_sql(scan.model.moment)
        begun = [f"{moment} >= {day(line.first)}"] if scan.kind != "days" else []
        conditions += [*begun, f"{moment} < {day(line.last)}"]
    wheres = [i.where for i in scan.indicators]
    if all(where is not None and not _gated(scan, where) for where in wheres):
        conditions.append("(" + " OR ".join(expression_sql(w) for w in wheres if w is not None) + ")")
    return conditions


def _gated(scan: Scan, expression: Expression) -> bool:
    """Say whether an expression reads anything but columns that are known with the row itself."""
    waiting = {path for g in scan.gates for path in g.paths}
    return any(len(path) > 1 or path in waiting for path in fields(expression))


def _totals(scan: Scan, states: list[_State]) -> str:
    return "\nUNION ALL\n".join(_totals_of(scan, state) for state in states)


def _totals_of(scan: Scan, state: _State) -> str:
    items = [f"{state.subject} AS subject_id", f"{state.cell(state.moment)} AS cell"]
    for indicator in scan.indicators:
        chosen = state.filter(indicator)
        items.append(f"count(*){chosen} AS {indicator.name}__n")
        if indicator.aggregate != "count":
            total = f"{indicator.aggregate}({state.value(indicator)}){chosen}"
            items.append(f"{whole(total)} AS {indicator.name}__value")
    select = ",\n  ".join(items)
    return f"SELECT {select}\n{state.rows([*state.in_time(), *state.some_counts()])}\nGROUP BY 1, 2"


def _days(scan: Scan, states: list[_State]) -> str:
    return "\nUNION ALL\n".join(part for state in states for part in _edges_of(scan, state))


def _edges_of(scan: Scan, state: _State) -> list[str]:
    """Return the beginnings of spells, moved to the first day that any window looks at, and their ends."""
    opening, closing = day(state.line.first), day(state.line.last)
    start = f"CAST({state.moment} AS DATE)"
    clipped = f"CASE WHEN {start} < {opening} THEN {opening} ELSE {start} END"
    until = f"CAST({expression_sql(Field((str(scan.source.until),)))} AS DATE)"
    met = [f"{start} < {closing}", f"({until} IS NULL OR {until} >= {opening})"]
    ends = [f"{start} < {closing}", f"{until} >= {opening}", f"{until} < {closing}"]
    return [
        _edge_query(scan, state, cell=state.cell(clipped), balance=day_number(clipped), begins=True, conditions=met),
        _edge_query(
            scan, state, cell=state.cell(until), balance=f"-({day_number(until)} + 1)", begins=False, conditions=ends
        ),
    ]


def _edge_query(scan: Scan, state: _State, *, cell: str, balance: str, begins: bool, conditions: list[str]) -> str:
    items = [f"{state.subject} AS subject_id", f"{cell} AS cell"]
    for indicator in scan.indicators:
        chosen = state.filter(indicator)
        here, elsewhere = ("begun", "ended") if begins else ("ended", "begun")
        number = {here: f"count(*){chosen}", elsewhere: whole("0")}
        items += [f"{number[name]} AS {indicator.name}__{name}" for name in ("begun", "ended")]
        items.append(f"{whole(f'sum({balance}){chosen}')} AS {indicator.name}__balance")
    select = ",\n  ".join(items)
    return f"SELECT {select}\n{state.rows([*conditions, *state.some_counts()])}\nGROUP BY 1, 2"


def _distinct(scan: Scan, states: list[_State]) -> str:
    name = scan.model.name
    rows = "\nUNION ALL\n".join(
        f"SELECT {s.subject} AS subject_id, {s.value(scan.model)} AS value, {s.cell(s.moment)} AS cell\n"
        f"{s.rows([*s.in_time(), s.counts(scan.model)])}"
        for s in states
    )
    before = ", " if scan.model.having or scan.model.without else "WITH "
    return (
        f"{before}counted_rows AS (\n{rows}\n),\n"
        f"spans AS {MATERIALIZED} (SELECT subject_id, value, min(cell) AS cell, max(cell) AS last_cell, count(*) AS n"
        " FROM counted_rows GROUP BY 1, 2)\n"
        f"SELECT subject_id, NULL AS value, cell, count(*) AS {name}__found, {whole('sum(n)')} AS {name}__n"
        " FROM spans WHERE cell = last_cell GROUP BY 1, 3\n"
        f"UNION ALL\nSELECT c.subject_id, c.value, c.cell, {whole('0')}, count(*)"
        " FROM counted_rows AS c JOIN spans AS s ON s.subject_id = c.subject_id AND s.value = c.value"
        " WHERE s.cell <> s.last_cell GROUP BY 1, 2, 3"
    )
