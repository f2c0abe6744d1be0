"""Scans as SQL: each row read once, with its subject, its day, since when it counts, and what it counts for.

The same query serves all windows and as-of dates: it reads nothing that only one of them needs, and
`features.windows.merge` adds its rows up. An as-of date matters to a row only through what was known by then: the row
itself, the rows it is related to, and its gates (see `features.compile.scan`). So the query asks what a row counts for
once for each state of its gates, writing columns behind closed gates as null, and gives the days on which the gates
open instead of comparing them with any date.
"""

from __future__ import annotations

from dataclasses import replace

from data.contract import CONTRACT
from data.schema import EARLIEST_DAY
from data.store import quoted
from features.columns import referring_column
from features.compile.dialect import (
    MATERIALIZED,
    ROW,
    ClosedColumns,
    closed_types,
    day,
    expression_sql,
    integer,
    largest,
    relation_sql,
    smallest,
)
from features.compile.scan import Gate, Scan, relation_columns
from features.expression import Expression, Field, fields, may_be_known
from features.indicator import Indicator
from features.relation import OTHER, Related
from features.windows.timeline import Timeline


def scan_query(scan: Scan, line: Timeline) -> str:
    """Return the query of a scan over all windows and as-of dates of a timeline.

    A comment ahead names the indicators and their bits. Every result has subject_id and, where rows wait for anything,

    - `known`, the day from which the row and all that it needs were known;
    - `gone`, the day from which something rules it out; null where nothing does;
    - `gate_<n>`, the day of the scan's n-th gate; null where it never opens.

    A row of `days` has `begun` and `ended`, the first and the last day of its spell, any other `happened`. Then come

    - `counts_<n>`, for each state: for which of the indicators the row counts in it, a bit for each, the first lowest;
      absent where every row counts for the only indicator in the only state;
    - `<name>__value`, unless rows are counted; `<name>__value_<n>` where a row has another value in the n-th state;
    - `cause_<n>_<m>`, where causes are counted: the m-th of what rows must agree in to share a cause in the n-th way.
    """
    model, states = scan.model, [_GateState(scan, closed) for closed in scan.states()]
    items = [f"{expression_sql(model.subject_field)} AS subject_id", *_days(scan), *_known_days(scan)]
    counting = _counts_for_any(scan, states)
    if len(states) > 1 or len(scan.indicators) > 1 or [states[0].counts(model)] not in ([""], counting):
        items += [f"{integer(state.all_counts(), bits=32)} AS counts_{n}" for n, state in enumerate(states)]
    items += [item for i in scan.indicators if i.value is not None for item in _values(i, i.value, states)]
    for n, way in enumerate(model.causes):
        items += [f"{expression_sql(part)} AS cause_{n}_{m}" for m, part in enumerate(way)]
    select = ",\n  ".join(items)
    where = " AND ".join([*_present(scan, line), *_in_time(scan, line), *counting])
    bits = ", ".join(f"{2**n} {i.name}__n" for n, i in enumerate(scan.indicators))
    return f"/* counts: {bits} */\n{_relations(scan, line)}SELECT {select}\n{_from_clause(scan, states)}\nWHERE {where}"


class _GateState:
    """What the rows of a scan count for while some gates are closed and the others open.

    The subject and the day of a row that counts are the same in all states: where one is not known yet, nothing counts.
    """

    def __init__(self, scan: Scan, closed: tuple[Gate, ...]) -> None:
        self.scan = scan
        self.closed: ClosedColumns = closed_types(scan.source, [path for g in closed for path in g.paths])

    def counts(self, indicator: Indicator) -> str:
        """Return the condition under which a row in time counts for an indicator; empty where every row does."""
        conditions = [self.join_condition()] if self.join_waits() else []
        if indicator.where is not None:
            conditions.append(expression_sql(indicator.where, closed=self.closed))
        if indicator.value is not None and not self._always(indicator):
            conditions.append(f"{expression_sql(indicator.value, closed=self.closed)} IS NOT NULL")
        return " AND ".join(conditions)

    def all_counts(self) -> str:
        """Return a number with a bit for each indicator for which a row counts.

        One whole number a row is handed over instead of a column for each indicator.
        """
        conditions = [self.counts(indicator) for indicator in self.scan.indicators]
        bits = [f"CASE WHEN {c} THEN {2**n} ELSE 0 END" if c else str(2**n) for n, c in enumerate(conditions)]
        return " + ".join(bits)

    def join_condition(self) -> str:
        """Return the condition under which a row and the one it is joined to belong together."""
        model = self.scan.model
        assert model.joined is not None
        return relation_sql(model.joined, model.source, alias=model.joined_as, closed=self.closed)

    def join_waits(self) -> bool:
        """Say whether it depends on the gates which rows belong together."""
        joined, waiting = self.scan.model.joined, {path for g in self.scan.gates for path in g.paths}
        return joined is not None and bool(waiting & relation_columns(joined, self.scan.model.joined_as))

    def _always(self, indicator: Indicator) -> bool:
        """Say whether a value is a column that always holds something."""
        value, source = indicator.value, self.scan.source
        if not isinstance(value, Field) or len(value.path) > 1 or value.path in self.closed:
            return False
        return not source.column[value.path[0]].nullable


def _values(indicator: Indicator, value: Expression, states: list[_GateState]) -> list[str]:
    """Return the value of a row, and that in any other state in which it may be there and is another."""
    first, name = expression_sql(value, closed=states[0].closed), f"{indicator.name}__value"
    items = [f"{first} AS {name}"]
    for n, state in enumerate(states):
        other = expression_sql(value, closed=state.closed)
        if other != first and may_be_known(value, set(state.closed)):
            items.append(f"{other} AS {name}_{n}")
    return items


def _days(scan: Scan) -> list[str]:
    moment = f"CAST({expression_sql(scan.model.moment)} AS DATE)"
    return [f"{moment} AS begun", f"{_until(scan)} AS ended"] if scan.kind == "days" else [f"{moment} AS happened"]


def _until(scan: Scan) -> str:
    return f"CAST({expression_sql(Field((str(scan.source.until),)))} AS DATE)"


def _known(scan: Scan) -> list[str]:
    model, source = scan.model, scan.source
    own = [f"{quoted(ROW)}.{source.known}"] if source.known else []
    return [*own, *([f"{quoted(model.joined_as)}.{model.joined.target.known}"] if model.joined else [])]


def _known_days(scan: Scan) -> list[str]:
    model = scan.model
    columns = [*_known(scan), *(f"having_{n}.known_on" for n in range(len(model.having)))]
    items = [f"{largest(columns)} AS known"] if columns else []
    if model.without:
        items.append(f"{smallest([f'without_{n}.known_on' for n in range(len(model.without))])} AS gone")
    return items + [f"{_gate_day(scan, g)} AS gate_{n}" for n, g in enumerate(scan.gates)]


def _gate_day(scan: Scan, gate: Gate) -> str:
    opens = f"CAST({quoted(gate.owner)}.{gate.day} AS DATE)"
    target = scan.source if gate.owner == ROW else CONTRACT.records.get(gate.owner)
    if gate.owner == ROW or target is None or gate.day != target.known or not target.column[gate.day].nullable:
        return opens
    # A row without the day on which it came to be known, such as an officer's of joining, is always there.
    named = f"{quoted(gate.owner)}.{target.key} IS NOT NULL"
    return f"CASE WHEN {opens} IS NULL AND {named} THEN DATE '{EARLIEST_DAY}' ELSE {opens} END"


def _present(scan: Scan, line: Timeline) -> list[str]:
    """Return the conditions under which a row is there at the last as-of date and has a subject."""
    conditions = [f"{column} < {day(line.last)}" for column in _known(scan)]
    return [*conditions, f"{expression_sql(scan.model.subject_field)} IS NOT NULL"]


def _in_time(scan: Scan, line: Timeline) -> list[str]:
    """Return the conditions under which a row lies on the timeline."""
    moment = expression_sql(scan.model.moment)
    if scan.kind != "days":
        return [f"{moment} >= {day(line.first)}", f"{moment} < {day(line.last)}"]
    until = _until(scan)
    return [f"CAST({moment} AS DATE) < {day(line.last)}", f"({until} IS NULL OR {until} >= {day(line.first)})"]


def _counts_for_any(scan: Scan, states: list[_GateState]) -> list[str]:
    """Return the condition under which a row counts for something; none where one indicator counts every row.

    Only conditions on the row's own columns are used: one that compares the rows of two tables could make the
    database join these by it, which can take forever.
    """
    read = {path for i in scan.indicators for e in (i.where, i.value) if e is not None for path in fields(e)}
    counts = list(dict.fromkeys(state.counts(i) for state in states for i in scan.indicators))
    if "" in counts or any(len(path) > 1 for path in read):
        return []
    return counts if len(counts) == 1 else ["(" + " OR ".join(f"({c})" for c in counts) + ")"]


def _from_clause(scan: Scan, states: list[_GateState]) -> str:
    model, source, row = scan.model, scan.source, quoted(ROW)
    lines = [f"FROM loaded.{source.name} AS {row}"]
    for name in model.lookups:
        target, alias = CONTRACT[name], quoted(name)
        column = referring_column(source, name)
        lines.append(f"LEFT JOIN loaded.{name} AS {alias} ON {alias}.{target.key} = {row}.{column}")
    if model.joined:
        lines.append(
            f"JOIN loaded.{model.joined.table} AS {quoted(model.joined_as)} ON {_join_condition(scan, states)}"
        )
    for role, join, group in (("having", "JOIN", model.having), ("without", "LEFT JOIN", model.without)):
        lines += [f"{join} {role}_{n} ON {role}_{n}.row_id = {row}.{source.key}" for n in range(len(group))]
    return "\n".join(lines)


def _join_condition(scan: Scan, states: list[_GateState]) -> str:
    """Return the condition under which rows belong together in any state: what they must be equal in, then the rest."""
    model = scan.model
    assert model.joined is not None
    ways = list(dict.fromkeys(state.join_condition() for state in states))
    if len(ways) == 1:
        return ways[0]
    certain = replace(model.joined, match=None)
    if relation_columns(certain, model.joined_as) & {path for g in scan.gates for path in g.paths}:
        return f"({' OR '.join(ways)})"
    equal = relation_sql(certain, model.source, alias=model.joined_as)
    return f"{equal} AND ({' OR '.join(f'({way})' for way in ways)})"


def _relations(scan: Scan, line: Timeline) -> str:
    """Return the subqueries that say, for each row, since when a related row is known."""
    roles = [("having", scan.model.having), ("without", scan.model.without)]
    parts = [
        f"{role}_{n} AS {MATERIALIZED} (\n{_known_since(scan, related, line)}\n)"
        for role, group in roles
        for n, related in enumerate(group)
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
        lower = [f"{moment} >= {day(line.first)}"] if scan.kind != "days" else []
        conditions += [*lower, f"{moment} < {day(line.last)}"]
    wheres = [i.where for i in scan.indicators]
    if all(where is not None and not _gated(scan, where) for where in wheres):
        conditions.append("(" + " OR ".join(expression_sql(w) for w in wheres if w is not None) + ")")
    return conditions


def _gated(scan: Scan, expression: Expression) -> bool:
    """Say whether an expression reads anything but columns that are known with the row itself."""
    waiting = {path for g in scan.gates for path in g.paths}
    return any(len(path) > 1 or path in waiting for path in fields(expression))
