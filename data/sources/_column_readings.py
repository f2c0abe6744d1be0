"""How each column of a file is read: by the forms its cells have, chosen by looking at the whole column.

What is read although it is not written as it should be is counted: a `Bending`. What could be read in two ways is not
read, and says both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from data.date_precision import Precision
from data.schema import Column, SqlType, Table
from data.source import Bending
from data.sources._cell_forms import ORDERS, DateOrder, Form, forms_of, is_nothing, order_form, order_shape
from data.sources._cell_types import EXPECTED
from data.store import Store, literal, quoted

TEXT_IDS: Final = 2
"""Ids are texts where more than one in so many of a column's cells is no number of any kind."""

_MONTHS, _YEARS = "as months", "as years"


@dataclass(frozen=True)
class DeclaredDates:
    """What is declared of a column's dates: the order of day, month and year, and how precisely they are known."""

    order: DateOrder | None = None
    precision: Precision | None = None


@dataclass(frozen=True)
class ColumnReading:
    """How one column is read: SQL for its cell as a text, SQL for the value, and what is said about it.

    `cell` is null where a word for nothing stands. `text_ids` says that most of its ids are no numbers. `expected`
    takes the place of the type's usual words where a cell cannot be read.
    """

    cell: str
    value: str
    bendings: tuple[Bending, ...] = ()
    precision: Precision = "day"
    text_ids: bool = False
    expected: str = ""


@dataclass(frozen=True)
class _Profile:
    """One column's cells: how many there are, how many words for nothing, and per form how many, with an example."""

    cells: int
    nothing: int
    nothing_example: str | None
    forms: Sequence[tuple[Form, int, str | None, str | None]]

    @property
    def read(self) -> int:
        return self.nothing + sum(count for _, count, _, _ in self.forms)


def id_domain(table: Table, column: Column) -> str | None:
    """Return what a column's ids are ids of; None where it holds no ids.

    Example:
        >>> from data.contract import CONTRACT
        >>> complaint = CONTRACT["complaint"]
        >>> [id_domain(complaint, complaint.column[c]) for c in ("officer_id", "complaint_id", "category")]
        ['officer', 'complaint', None]
    """
    if column.type != "BIGINT" or not (column.name == table.key or column.name.endswith("_id")):
        return None
    return column.references or column.name.removesuffix("_id")


def readings_of(
    store: Store,
    relation: str,
    table: Table,
    cells: Mapping[str, str],
    *,
    declared: Mapping[str, DeclaredDates],
    names: Mapping[str, str],
) -> dict[str, ColumnReading]:
    """Choose how each of some columns is read, from SQL for their cells as text over a relation.

    `declared` says what is declared of dates; `names` is how the file calls each column.
    """
    columns = [table.column[name] for name in cells]
    orders = {name: declared[name].order for name in cells if name in declared}
    forms = {c.name: forms_of(c, cell=cells[c.name], order=orders.get(c.name)) for c in columns}
    profiles = _profiles(store, relation, columns, cells, forms)
    readings = {}
    for column in columns:
        own, profile, expected = forms[column.name], profiles[column.name], ""
        if column.temporal and not orders.get(column.name) and profile.read < profile.cells:
            order, expected = _only_order(store, relation, column, cells[column.name])
            if order is not None:
                own = forms_of(column, cell=cells[column.name], order=order)
                profile = _profiles(store, relation, [column], cells, {column.name: own})[column.name]
        if profile.nothing < profile.cells and id_domain(table, column) is not None:
            texts = _texts(store, relation, cells[column.name])
        else:
            texts = 0
        reading = _reading(table, column, cells[column.name], own, profile, names.get(column.name, column.name))
        precision = declared[column.name].precision if column.name in declared else None
        readings[column.name] = replace(
            reading,
            expected=expected,
            precision=precision or reading.precision,
            text_ids=texts * TEXT_IDS > profile.cells - profile.nothing,
        )
    return readings


def _profiles(
    store: Store,
    relation: str,
    columns: Sequence[Column],
    cells: Mapping[str, str],
    forms: Mapping[str, Sequence[Form]],
) -> dict[str, _Profile]:
    inner, outer = [], []
    for column in columns:
        cell, name = cells[column.name], column.name
        cases = " ".join(f"WHEN {form.condition} THEN {n}" for n, form in enumerate(forms[name]))
        values = " ".join(f"WHEN {form.condition} THEN CAST({form.value} AS VARCHAR)" for form in forms[name])
        nothing = is_nothing(column, cell)
        inner += [
            f"{cell} AS {quoted(name)}",
            f"CASE WHEN {cell} IS NULL THEN NULL WHEN {nothing} THEN -1 {cases} END AS {quoted(name + ' form')}",
            f"CASE {values} END AS {quoted(name + ' value')}" if values else f"{cell} AS {quoted(name + ' value')}",
        ]
        outer.append(f"count({quoted(name)})")
        for n in range(-1, len(forms[name])):
            where = f"FILTER (WHERE {quoted(name + ' form')} = {n})"
            outer += [
                f"count(*) {where}",
                f"min({quoted(name)}) {where}",
                f"arg_min({quoted(name + ' value')}, {quoted(name)}) {where}",
            ]
    if not columns:
        return {}
    (row,) = store.rows(f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM {relation})")
    found, position = {}, 0
    for column in columns:
        own = forms[column.name]
        found[column.name] = _profile(row[position : position + 1 + 3 * (1 + len(own))], own)
        position += 1 + 3 * (1 + len(own))
    return found


def _profile(row: Sequence[Any], forms: Sequence[Form]) -> _Profile:
    counts = [(form, *row[4 + 3 * n : 7 + 3 * n]) for n, form in enumerate(forms)]
    return _Profile(int(row[0]), int(row[1]), row[2], [(f, int(n), example, value) for f, n, example, value in counts])


def _reading(
    table: Table, column: Column, cell: str, forms: Sequence[Form], profile: _Profile, name: str
) -> ColumnReading:
    def bending(says: str, count: int, example: str | None, value: str | None) -> Bending:
        return Bending(table.name, column.name, name, says, count, example or "", value)

    bendings = [bending(f.says, n, example, value) for f, n, example, value in profile.forms if n and not f.strict]
    if profile.nothing:
        bendings.append(bending("as nothing", profile.nothing, profile.nothing_example, None))
    counts = {form.says: n for form, n, _, _ in profile.forms}
    cases = " ".join(f"WHEN {form.condition} THEN {form.value}" for form in forms)
    rest = f" ELSE {cell}" if column.type == "VARCHAR" else ""
    full = f"CASE WHEN {is_nothing(column, cell)} THEN NULL ELSE {cell} END"
    value = f"CASE WHEN {is_nothing(column, cell)} THEN NULL {cases}{rest} END" if cases else full
    return ColumnReading(
        cell=full,
        value=value,
        bendings=tuple(bendings),
        precision=_precision(counts),
    )


def _texts(store: Store, relation: str, cell: str) -> int:
    """Count the cells that are no number of any kind: a fraction is a faulty number and not the name of somebody."""
    number = f"regexp_full_match(trim({cell}), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?')"
    return int(store.value(f"SELECT count(*) FILTER (WHERE NOT {number}) FROM {relation}"))


def _precision(counts: Mapping[str, int]) -> Precision:
    if any(n for says, n in counts.items() if says.startswith(_YEARS)):
        return "year"
    return "month" if any(n for says, n in counts.items() if says.startswith(_MONTHS)) else "day"


def _only_order(store: Store, relation: str, column: Column, cell: str) -> tuple[DateOrder | None, str]:
    """Return the only order of day, month and year that fits every cell written with slashes, points or hyphens.

    Where several fit and differ there is none, and what is expected is said with both readings of one cell.
    """
    trimmed = f"trim({cell})"
    orders = list(ORDERS)
    values = {order: order_form(trimmed, order, column.type).value for order in orders}
    shapes = {o: f"regexp_full_match({trimmed}, {literal(order_shape(o, column.type))})" for o in orders}
    items = [f"count(*) FILTER (WHERE {shapes[o]})" for o in orders]
    items += [f"count(*) FILTER (WHERE {shapes[o]} AND {values[o]} IS NOT NULL)" for o in orders]
    differ = f"{shapes['m/d/y']} AND {values['m/d/y']} IS DISTINCT FROM {values['d/m/y']}"
    shown = [f"CAST(CAST({values[o]} AS DATE) AS VARCHAR)" for o in ("m/d/y", "d/m/y")]
    items += [f"min({trimmed}) FILTER (WHERE {differ})"]
    items += [f"arg_min({text}, {trimmed}) FILTER (WHERE {differ})" for text in shown]
    (row,) = store.rows(f"SELECT {', '.join(items)} FROM {relation}")
    number = len(orders)
    fitting = [o for n, o in enumerate(orders) if row[n] and row[n] == row[number + n]]
    example, first, second = row[2 * number :]
    if {"m/d/y", "d/m/y"} <= set(fitting) and example is not None:
        return None, (
            f"{_words(column.type)} whose order is declared: {example[:30]!r} may be {first} (m/d/y) "
            f"or {second} (d/m/y)"
        )
    return (fitting[0] if fitting else None), ""


def _words(kind: SqlType) -> str:
    return EXPECTED[kind].split(" as ", maxsplit=1)[0]
