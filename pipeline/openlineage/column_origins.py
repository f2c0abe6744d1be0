"""Which columns the columns of a query come from, read off the query as DuckDB itself parses it.

DuckDB gives a query's syntax tree as JSON. Every name in it is looked up where SQL would look: in the tables of its
own FROM clause, in common table expressions, in the query around it. What a value is computed from is told from what
decides which rows take part.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, Literal, NamedTuple

import duckdb

How = Literal["IDENTITY", "TRANSFORMATION", "AGGREGATION", "CONDITIONAL", "WINDOW", "FILTER", "JOIN", "GROUP_BY"]

_ORDER: Final[tuple[How, ...]] = (
    "IDENTITY",
    "TRANSFORMATION",
    "AGGREGATION",
    "CONDITIONAL",
    "WINDOW",
    "FILTER",
    "JOIN",
    "GROUP_BY",
)
"""The subtypes of OpenLineage's column lineage: of a step through several the last here is what it is."""

DIRECT: Final = frozenset({"IDENTITY", "TRANSFORMATION", "AGGREGATION"})
"""The subtypes in which a value is computed from the column; in the others the column only steers."""


class Origin(NamedTuple):
    """A column that something comes from, and how."""

    table: str
    column: str
    how: How


Origins = frozenset[Origin]
NOTHING: Final[Origins] = frozenset()


class NotParsed(ValueError):
    """A statement that is no query DuckDB can give the tree of."""


@dataclass(frozen=True)
class Relation:
    """The columns of a table or query with their origins, and what decides which rows it has.

    `open_as` names a file: whatever column is asked for is a column of it.
    """

    columns: Mapping[str, Origins] = field(default_factory=dict)
    rows: Origins = NOTHING
    open_as: str | None = None

    def column(self, name: str) -> Origins | None:
        """Return the origins of a column, None where there is none of that name; case does not count."""
        if self.open_as is not None:
            return frozenset({Origin(self.open_as, name, "IDENTITY")})
        return self.columns.get(name.lower())


def own_columns(table: str, columns: Iterable[str]) -> Relation:
    """Return a table whose columns come from nowhere but itself.

    Example:
        >>> sorted(own_columns("loaded.unit", ["unit_id"]).columns["unit_id"])
        [Origin(table='loaded.unit', column='unit_id', how='IDENTITY')]
    """
    return Relation({name.lower(): frozenset({Origin(table, name, "IDENTITY")}) for name in columns})


def relation_of(query: str, catalog: Mapping[str, Relation], connection: duckdb.DuckDBPyConnection) -> Relation:
    """Return the columns of a query and what they come from, by the tables of a catalog; others count as nothing.

    The connection only parses: no table has to be there, and nothing is run.

    Raises:
        NotParsed: it is not a query.

    Example:
        >>> shifts = own_columns("shift", ["officer_id", "minutes", "duty"])
        >>> query = "SELECT officer_id AS who, sum(minutes) AS total FROM shift WHERE duty = 'late' GROUP BY 1"
        >>> with duckdb.connect() as connection:
        ...     result = relation_of(query, {"shift": shifts}, connection)
        >>> sorted(result.columns["total"])
        [Origin(table='shift', column='minutes', how='AGGREGATION')]
        >>> sorted((origin.column, origin.how) for origin in result.rows)
        [('duty', 'FILTER'), ('officer_id', 'GROUP_BY')]
    """
    ((text,),) = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()
    tree = json.loads(text)
    if tree["error"] or len(tree["statements"]) != 1:
        raise NotParsed(tree.get("error_message", "not one statement"))
    return _Reading(catalog).query(tree["statements"][0]["node"], {}, ())


@cache
def _aggregates() -> frozenset[str]:
    with duckdb.connect() as connection:
        names = connection.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
        ).fetchall()
    return frozenset(name for (name,) in names)


def through(origins: Iterable[Origin], how: How) -> Origins:
    """Return origins as they are one step further on."""
    rank = _ORDER.index(how)
    return frozenset(Origin(o.table, o.column, _ORDER[max(rank, _ORDER.index(o.how))]) for o in origins)


def _all_of(relation: Relation) -> Origins:
    return frozenset().union(*relation.columns.values()) if relation.columns else NOTHING


Tree = Mapping[str, Any]
Aliased = list[tuple[str, Relation]]
Scopes = tuple[Mapping[str, Relation], ...]


@dataclass
class _From:
    """What a FROM clause brings: its tables by alias, which of them `*` shows, and what joins them."""

    tables: Aliased = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    conditions: list[Tree] = field(default_factory=list)
    using: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Reading:
    """Reads one syntax tree against the tables of a catalog."""

    catalog: Mapping[str, Relation]

    def query(self, node: Tree, shared: Mapping[str, Relation], outer: Scopes) -> Relation:
        """Return a query's columns; `shared` are the common table expressions that it sees."""
        shared = dict(shared)
        for entry in node["cte_map"]["map"]:
            shared[entry["key"].lower()] = self.query(_node(entry["value"]["query_node"]), shared, outer)
        if node["type"] == "SET_OPERATION_NODE":
            parts = node.get("children") or [node["left"], node["right"]]
            return _united([self.query(part, shared, outer) for part in parts])
        if node["type"] != "SELECT_NODE":
            raise NotParsed(f"a {node['type']} is not read")
        return self._select(node, shared, outer)

    def _select(self, node: Tree, shared: Mapping[str, Relation], outer: Scopes) -> Relation:
        clause = _From()
        self._from(node["from_table"], clause, shared, outer)
        reader = _Names(self, shared, (dict(clause.tables), *outer))
        columns = reader.selected(node["select_list"], clause)
        reader = _Names(self, shared, (*reader.scopes, {"": Relation(columns)}))  # a clause may name what is selected
        rows = set[Origin]().union(*(relation.rows for _, relation in clause.tables))
        for condition in clause.conditions:
            rows |= through(reader.of(condition), "JOIN")
        for name in clause.using:
            rows |= through((o for _, r in clause.tables for o in r.column(name) or ()), "JOIN")
        for part in ("where_clause", "having", "qualify"):
            if node[part]:
                rows |= through(reader.of(node[part]), "FILTER")
        for group in node["group_expressions"]:
            rows |= through(reader.of(_place(group, node["select_list"])), "GROUP_BY")
        return Relation(columns, frozenset(rows))

    def _from(self, table: Tree, clause: _From, shared: Mapping[str, Relation], outer: Scopes) -> None:
        if table["type"] == "JOIN":
            self._from(table["left"], clause, shared, outer)
            before = len(clause.tables)
            self._from(table["right"], clause, shared, outer)
            if table["join_type"] in ("SEMI", "ANTI"):
                clause.hidden |= {alias for alias, _ in clause.tables[before:]}
            clause.conditions += [table["condition"]] if table["condition"] else []
            clause.using += table["using_columns"]
        elif table["type"] == "BASE_TABLE":
            names = [str(part).lower() for part in table["qualified_name"]["path"]]
            name = ".".join(names)
            known = shared.get(name) or self.catalog.get(name) or Relation()
            clause.tables.append((table["alias"].lower() or names[-1], known))
        elif table["type"] == "SUBQUERY":
            inner = self.query(table["subquery"]["node"], shared, outer)
            clause.tables.append((table["alias"].lower() or f"subquery {len(clause.tables)}", inner))
        elif table["type"] == "TABLE_FUNCTION":
            file = next((_text(argument["expression"]) for argument in table["function"]["arguments"]), None)
            clause.tables.append((table["alias"].lower() or "file", Relation(open_as=file)))


@dataclass(frozen=True)
class _Names:
    """Looks names up in scopes, the nearest first."""

    reading: _Reading
    shared: Mapping[str, Relation]
    scopes: Scopes

    def selected(self, items: Sequence[Tree], clause: _From) -> dict[str, Origins]:
        """Return what a select list gives, by name."""
        columns: dict[str, Origins] = {}
        named = replace(self, scopes=(*self.scopes, {"": Relation(columns)}))  # a later item may name an earlier one
        for number, item in enumerate(items):
            if item["class"] == "STAR":
                columns |= _star(item, clause)
            else:
                name = item["alias"] or (item["column_names"][-1] if item["class"] == "COLUMN_REF" else f"#{number}")
                columns[name.lower()] = named.of(item)
        return columns

    def of(self, expression: Tree) -> Origins:
        """Return what an expression comes from."""
        kind = expression["class"]
        if kind == "COLUMN_REF":
            return self._column([name.lower() for name in expression["column_names"]], expression["column_names"][-1])
        if kind == "SUBQUERY":
            inner = self.reading.query(expression["subquery"]["node"], self.shared, self.scopes)
            child = self.of(expression["child"]) if expression["child"] else NOTHING
            return through(_all_of(inner) | inner.rows | child, "CONDITIONAL")
        return frozenset().union(*(through(self.of(part), how) for part, how in _parts(expression)))

    def _column(self, names: Sequence[str], written: str) -> Origins:
        for scope in self.scopes:
            if len(names) > 1 and names[-2] in scope:
                return scope[names[-2]].column(written) or NOTHING
            matching = [relation.column(names[0]) for relation in scope.values()]
            if any(origins is not None for origins in matching):
                known = [r.column(names[0]) for r in scope.values() if r.open_as is None and r.column(names[0])]
                return next(iter(known), None) or next(o for o in matching if o is not None)
        return NOTHING


def _parts(expression: Tree) -> Iterator[tuple[Tree, How]]:
    """Yield the expressions inside an expression, each with how it takes part."""
    kind = expression["class"]
    aggregate = kind == "FUNCTION" and expression["function_name"].lower() in _aggregates()
    how: How = "AGGREGATION" if aggregate else "TRANSFORMATION"
    for name, value in expression.items():
        steering: How = how
        if name in ("filter", "filter_expr") or (kind == "CASE" and name == "case_checks"):
            steering = "CONDITIONAL"
        elif name in ("partitions", "orders", "order_bys", "arg_orders"):
            steering = "WINDOW"
        elif kind == "LAMBDA" and name == "lhs":
            continue
        for part, outcome in _expressions(value):
            yield part, how if outcome else steering


def _expressions(value: Any, outcome: bool = False) -> Iterator[tuple[Tree, bool]]:
    """Yield the nearest expressions in part of a tree, and whether each is what a CASE comes to."""
    if isinstance(value, dict):
        if "class" in value:
            yield value, outcome
        else:
            for name, inner in value.items():
                yield from _expressions(inner, outcome or name == "then_expr")
    elif isinstance(value, list):
        for inner in value:
            yield from _expressions(inner, outcome)


def _star(item: Tree, clause: _From) -> dict[str, Origins]:
    of = item["relation_name"].lower()
    left_out = {name.lower() for name in item["exclude_list"] if isinstance(name, str)}
    shown = [r for alias, r in clause.tables if (alias == of if of else alias not in clause.hidden)]
    return {name: origins for r in shown for name, origins in r.columns.items() if name not in left_out}


def _united(parts: Sequence[Relation]) -> Relation:
    columns = {
        name: frozenset().union(*([*part.columns.values()][at] for part in parts if at < len(part.columns)))
        for at, name in enumerate(parts[0].columns)
    }
    return Relation(columns, frozenset().union(*(part.rows for part in parts)))


def _place(group: Tree, items: Sequence[Tree]) -> Tree:
    """Return what a GROUP BY names: an expression, or one of the select list by its number."""
    if group["class"] == "CONSTANT" and group["literal"]["kind"] == "INTEGER":
        return items[int(group["literal"]["text"]) - 1]
    return group


def _text(expression: Tree) -> str | None:
    return str(expression["literal"]["text"]) if expression["class"] == "CONSTANT" else None


def _node(value: Tree) -> Tree:
    inner = value.get("node", value)
    return inner if isinstance(inner, Mapping) else value
