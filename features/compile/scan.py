"""Which indicators can be computed in one pass over a table, and what a row's answer to them may wait for.

A *gate* is a day on which a column of a row comes to be known, such as the day on which a complaint was finalised:
before it the column reads as null, and a row that counts among open complaints becomes one that does not. Each gate of
a row is either closed or open at an as-of date, so n gates have 2^n *states*, and what the row counts for may differ in
each. A scan says it for every state; the days of a row's gates then say from which as-of date to which the row is in
which state. There are few gates (0 to 3 in practice), and states in which no row can count are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from data.asof import gate
from data.schema import Table
from features.compile.dialect import ROW, expression_sql, relation_sql
from features.expression import fields, may_be_known, may_hold
from features.indicator import Indicator
from features.relation import Related

ScanKind = Literal["totals", "days", "distinct", "causes"]
ColumnPath = tuple[str, ...]
"""A column as a declaration writes it: its name, or the table referred to and its name."""

MOST_INDICATORS: Final = 30
"""How many indicators a scan has at most: for each a row has a bit in a whole number."""


@dataclass(frozen=True, order=True)
class Gate:
    """A day on which columns of a row come to be known: until then they read as null.

    `owner` is the alias of the row with the day, `day` its column, `paths` the columns, as declarations write them.
    """

    owner: str
    day: str
    paths: tuple[ColumnPath, ...]


@dataclass(frozen=True)
class Scan:
    """Indicators about one kind of subject that one pass over a table computes.

    They read the same table with the same look-ups and relations, place rows in time by the same moment, and wait for
    the same gates. A count of different values is alone in its scan, because its rows are grouped by the value as well,
    and so is a count of causes; counts of days share a scan where their spells are united for each value of the same
    column.
    """

    kind: ScanKind
    indicators: tuple[Indicator, ...]
    gates: tuple[Gate, ...]

    @property
    def model(self) -> Indicator:
        """Any of the indicators: in what a scan is about they are all alike."""
        return self.indicators[0]

    @property
    def source(self) -> Table:
        """The table that is read."""
        return self.model.source

    @property
    def windows(self) -> tuple[int, ...]:
        """All windows of its indicators."""
        return tuple(sorted({w for i in self.indicators for w in i.windows}))

    def states(self) -> Iterator[tuple[Gate, ...]]:
        """Yield the sets of gates that may still be closed while some row counts, none closed first."""
        for mask in range(2 ** len(self.gates)):
            closed = tuple(g for n, g in enumerate(self.gates) if mask >> n & 1)
            paths = {path for g in closed for path in g.paths}
            # Without this check, three gates would cost eight columns a row even where one closed gate rules a row out.
            if not closed or any(_may_count(indicator, paths) for indicator in self.indicators):
                yield closed


def _may_count(indicator: Indicator, unknown: set[ColumnPath]) -> bool:
    match = indicator.joined.match if indicator.joined is not None else None
    conditions = [c for c in (indicator.where, match) if c is not None]
    values = [v for v in (indicator.value, indicator.moment, indicator.subject_field) if v is not None]
    return all(may_hold(c, unknown) for c in conditions) and all(may_be_known(v, unknown) for v in values)


def scans(indicators: Sequence[Indicator]) -> list[Scan]:
    """Group indicators, none of them a formula, into scans, in an order that depends on their names alone."""
    by_signature = sorted(indicators, key=lambda i: (_signature(i), i.name))
    groups = [tuple(group) for _, group in groupby(by_signature, key=_signature)]
    parts = [group[n : n + MOST_INDICATORS] for group in groups for n in range(0, len(group), MOST_INDICATORS)]
    return [Scan(_kind(part[0]), part, _gates(part)) for part in parts]


def _kind(indicator: Indicator) -> ScanKind:
    if indicator.aggregate == "days":
        return "days"
    if indicator.independent:
        return "causes"
    return "distinct" if indicator.aggregate == "distinct" else "totals"


def _signature(indicator: Indicator) -> tuple[str, ...]:
    """Return what indicators must have in common to be computed in one scan; its order is that of scans."""
    alone = indicator.name if _kind(indicator) in ("distinct", "causes") else ""
    # Spells are united for each value, so that one scan has one value.
    united = expression_sql(indicator.value) if indicator.aggregate == "days" and indicator.value is not None else ""
    relations = [
        f"{role} {related.table}: {relation_sql(related, indicator.source)}"
        for role, group in (
            ("joined", (indicator.joined,) if indicator.joined else ()),
            ("having", indicator.having),
            ("without", indicator.without),
        )
        for related in group
    ]
    return (
        indicator.table,
        indicator.subject_key,
        _kind(indicator),
        alone,
        united,
        expression_sql(indicator.moment),
        ", ".join(indicator.lookups),
        "; ".join(relations),
        str([(gate.owner, gate.day) for gate in _gates([indicator])]),
    )


def _gates(indicators: Sequence[Indicator]) -> tuple[Gate, ...]:
    """Return the days that a row's answer may wait for, besides those on which the row itself becomes known."""
    columns: dict[tuple[str, str], set[ColumnPath]] = {}
    model = indicators[0]
    for path in sorted({path for indicator in indicators for path in _columns_read(indicator)}):
        table, owner = model.owner(path), ROW if len(path) == 1 else path[0]
        joined = owner == model.joined_as
        # A row referred to by a look-up may come to be known after the row that refers to it; a row joined to is
        # waited for as a whole, since without it there is nothing to count.
        if owner != ROW and not joined and table.known is not None:
            columns.setdefault((owner, table.known), set()).add(path)
        own = gate(table, path[-1])
        if own is not None:
            columns.setdefault((owner, own), set()).add(path)
    return tuple(sorted(Gate(owner, day, tuple(sorted(paths))) for (owner, day), paths in columns.items()))


def _columns_read(indicator: Indicator) -> set[ColumnPath]:
    """Return the paths of all columns that decide whether, where and as what a row counts.

    The end of a spell is not among them: an end that is not known yet lies on or after the as-of date, and days are
    counted up to that date either way.
    """
    paths = {path for expression in indicator.expressions for path in fields(expression)}
    return paths if indicator.joined is None else paths | relation_columns(indicator.joined, indicator.joined_as)


def relation_columns(related: Related, alias: str) -> set[ColumnPath]:
    """Return the paths of the columns that a relation reads, those of the related row under an alias."""
    return {(name,) for name in related.own} | {(alias, name) for name in related.others}
