"""What an indicator is: one question put to the records, declared once.

From the one declaration come the aggregate query, the evidence query (the very rows), the exposure, the plain-Python
twin and the catalogue page, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from data.asof import gate
from data.contract import CONTRACT
from data.errors import DeclarationFaulty
from data.schema import Category, Table
from data.vocabulary import Concern, SubjectKind
from features.causes import Causes, cause_faults, causes_by_day
from features.columns import column_faults, referring_column
from features.expression import Expression, Field, Operation, Value, fields, walk
from features.relation import OTHER, Related, relation_faults

Aggregate = Literal["count", "sum", "min", "max", "distinct", "days", "formula"]
Missing = Literal["zero", "null"]

STANDARDS = CONTRACT["conduct_case"].column["standard"].values
"""The ten Standards of Professional Behaviour."""


@dataclass(frozen=True)
class NoExposure:
    """Why a value needs no exposure.

    Example:
        >>> NoExposure("each of them is serious by itself").reason
        'each of them is serious by itself'
    """

    reason: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """A worked case: tiny tables in, the expected number out.

    Rows name only the columns that matter; the rest is filled with valid values. The subject is officer or unit 1.

    Example:
        >>> case = Case(
        ...     says="A tour at night counts.",
        ...     window=90,
        ...     expected=1,
        ...     rows={"shift": ({"duty": "night", "starts_at": "2025-12-01 22:00"},)},
        ... )
        >>> str(case.as_of)
        '2026-01-01'
    """

    says: str
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]
    window: int
    expected: int | None
    as_of: date = date(2026, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One question about an officer or a unit, over a window of days before an as-of date.

    `where` says which rows of `table` count; `value` what is aggregated from each (none for a count). Columns of a row
    that the counted row refers to are read as `col.<table>.<column>`. `when` is the time that places a row in a window:
    the table's own unless stated. `subject_key` is the column, or `<table>.<column>`, that names the subject.

    A row counts only if each relation in `having` finds a row and none in `without` does. `joined` relates each row to
    rows of one more table, whose columns are then read as `col.<table>.<column>`, or to other rows of its own table,
    read as `col.other.<column>`; a row counts once for each of them.

    Aggregates: `count`, `sum`, `min`, `max`, `distinct` (how many different values), `days` (how many days of the
    window any of the rows' spells covers: spells that overlap are united; where a `value` is stated, such as the
    officer, the spells of each value are, and their days add up), and `formula`: `value` adds, subtracts and multiplies
    other indicators over the same window, read as `col.<indicator>`; `table` then says what it is mainly about.

    `independent` makes a count of rows a count of causes: it names what rows of one cause have in common, each entry a
    column, an expression, or several that must all agree. Rows of a subject that agree in any entry share a cause,
    also through rows between them, as far as these count in the same window; a row that agrees with none is a cause by
    itself, and null agrees with nothing. A row that is joined to several is one cause.

    `exposure` names the indicator that says how much opportunity there was, or is a `NoExposure` with its reason.
    `proportion` says that the rows counted are some of those that the exposure counts, so that the value is a share of
    it and not a rate; the catalogue checks that it is so. `missing` says what no counted row means. `minimum_exposure`
    is the exposure below which a value is marked `too_few`. Higher is always more unusual.

    `read_by` names the one detector that the indicator is made for; it would mislead detectors that take any count or
    share. None leaves it to all of them.

    Raises:
        DeclarationFaulty: anything in the declaration does not fit the contract; all faults are listed.

    Example:
        >>> from features.expression import col
        >>> nights = Indicator(
        ...     question="How many tours did the officer work at night?",
        ...     table="shift",
        ...     aggregate="count",
        ...     where=col.duty == "night",
        ...     exposure="shifts_worked",
        ... )
        >>> nights.windows, sorted(nights.categories)
        ((90, 365), ['attendance'])
    """

    question: str
    table: str
    aggregate: Aggregate
    exposure: str | NoExposure
    windows: tuple[int, ...] = (90, 365)
    where: Expression | None = None
    value: Expression | None = None
    when: Expression | None = None
    having: tuple[Related, ...] = ()
    without: tuple[Related, ...] = ()
    joined: Related | None = None
    independent: tuple[Expression | tuple[Expression, ...], ...] = ()
    subject: SubjectKind = "officer"
    subject_key: str = ""
    missing: Missing = "zero"
    minimum_exposure: int = 1
    proportion: bool = False
    concerns: tuple[Concern, ...] = ()
    standard: str | None = None
    references: tuple[str, ...] = ()
    read_by: str | None = None
    opt_in: bool = False
    """Whether it takes part only when the settings name it."""
    unless: tuple[str, ...] = ()
    """Tables that are better than what it rests on: where one of them is there, it is not computed."""
    cases: tuple[Case, ...] = field(default=(), repr=False)
    name: str = ""
    parts: tuple[Indicator, ...] = field(default=(), repr=False)
    """The indicators that a formula reads; the catalogue fills them in."""

    def __post_init__(self) -> None:
        if not self.subject_key:
            object.__setattr__(self, "subject_key", f"{self.subject}_id")
        faults = _faults(self)
        if faults:
            raise DeclarationFaulty(
                f"The indicator {self.name or self.question!r} cannot be built.",
                found="; ".join(faults),
                hint="Mend the declaration; the contract is in docs/records.md.",
            )

    @property
    def source(self) -> Table:
        """The contract table it reads."""
        return CONTRACT[self.table]

    @property
    def moment(self) -> Expression:
        """The time that places a row in a window."""
        return self.when if self.when is not None else Field((str(self.source.occurred),))

    @property
    def subject_field(self) -> Field:
        """The column that names the subject."""
        return Field(tuple(self.subject_key.split(".")))

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All expressions over its rows; a formula has none."""
        if self.aggregate == "formula":
            return ()
        stated = (self.where, self.value, self.moment, self.subject_field, *(e for cause in self.causes for e in cause))
        return tuple(e for e in stated if e is not None)

    @property
    def causes(self) -> Causes:
        """What rows of one cause agree in, several expressions for each way; none where rows themselves are counted."""
        ways = tuple(way if isinstance(way, tuple) else (way,) for way in self.independent)
        return (*ways, (Field((str(self.source.key),)),)) if ways and self.joined else ways

    def known_by_day(self, coarse: Collection[str]) -> Indicator:
        """Return the indicator for records in which some columns of its table are known by month or year only.

        Rows that agree in such a column alone share no cause.
        """
        causes = causes_by_day(self.causes, coarse)
        return self if len(causes) == len(self.causes) else replace(self, independent=causes)

    @property
    def relations(self) -> tuple[Related, ...]:
        """All relations of its rows."""
        return (*((self.joined,) if self.joined else ()), *self.having, *self.without)

    @property
    def joined_as(self) -> str:
        """The name under which rows joined to are read; empty where there are none."""
        if self.joined is None:
            return ""
        return OTHER if self.joined.table == self.table else self.joined.table

    def owner(self, path: tuple[str, ...]) -> Table:
        """Return the table of a column that its expressions read."""
        return self.source if len(path) == 1 or path[0] == OTHER else CONTRACT[path[0]]

    @property
    def lookups(self) -> Mapping[str, str]:
        """The tables its rows refer to, each with the referring column."""
        return MappingProxyType(dict(self._lookups))

    @cached_property
    def _lookups(self) -> tuple[tuple[str, str], ...]:
        owners = {path[0] for e in self.expressions for path in fields(e) if len(path) == 2}
        targets = sorted(owners - {self.joined_as})
        return tuple((table, str(referring_column(self.source, table))) for table in targets)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """All tables it reads, its own first."""
        if self.aggregate == "formula":
            return tuple(dict.fromkeys([self.table, *(t for part in self.parts for t in part.tables)]))
        return tuple(dict.fromkeys([self.table, *self.lookups, *(r.table for r in self.relations)]))

    @cached_property
    def optional_columns(self) -> frozenset[str]:
        """The columns it reads that records may lack altogether, each as `<table>.<column>`."""
        if self.aggregate == "formula":
            return frozenset[str]().union(*(part.optional_columns for part in self.parts))
        read = {(self.owner(path).name, path[-1]) for e in self.expressions for path in fields(e)}
        for related in self.relations:
            read |= {(self.table, name) for name in related.own} | {(related.table, name) for name in related.others}
        return frozenset(f"{t}.{c}" for t, c in read if t in CONTRACT.records and _optional(CONTRACT[t], c))

    @property
    def categories(self) -> frozenset[Category]:
        """The data categories of everything it reads."""
        paths = {path for expression in self.expressions for path in fields(expression)}
        read = {self.owner(path).category_of(path[-1]) for path in paths} | {self.source.category}
        for related in self.relations:
            read |= related.categories() | {self.source.category_of(name) for name in related.own}
        return frozenset(read).union(*(part.categories for part in self.parts))


def _optional(table: Table, column: str) -> bool:
    return column in table.column and table.column[column].optional


def _faults(indicator: Indicator) -> list[str]:
    source = CONTRACT.records.get(indicator.table)
    if source is None:
        return [f"there is no table {indicator.table}"]
    if source.audit_only:
        return [f"{indicator.table} is for audits only"]
    if indicator.aggregate == "formula":
        return [*_formula_faults(indicator), *_form_faults(indicator)]
    if indicator.when is None and source.occurred is None:
        return [f"{indicator.table} does not say when a row happened: state `when`"]
    faults = [*_relation_faults(indicator, source), *_column_faults(indicator, source)]
    return [*faults, *_aggregate_faults(indicator, source), *_form_faults(indicator)]


def _formula_faults(indicator: Indicator) -> list[str]:
    faults = []
    if indicator.value is None:
        return ["a formula needs a value"]
    if indicator.where is not None or indicator.when is not None or indicator.relations or indicator.independent:
        faults.append("a formula has no rows of its own: where, when and relations belong to the indicators it reads")
    for part in walk(indicator.value):
        sums = isinstance(part, Operation) and part.name in ("+", "-", "*")
        integer = isinstance(part, Value) and isinstance(part.value, int)
        if not (sums or integer or (isinstance(part, Field) and len(part.path) == 1)):
            faults.append("a formula adds, subtracts and multiplies indicators and whole numbers, and nothing else")
            break
    if not fields(indicator.value):
        faults.append("a formula reads at least one indicator")
    return faults


def _relation_faults(indicator: Indicator, source: Table) -> list[str]:
    faults = []
    for related in indicator.relations:
        faults += relation_faults(related, source, as_columns=related is indicator.joined)
    relation = indicator.joined
    if relation is not None and referring_column(source, relation.table) is not None:
        faults.append(f"{source.name} refers to {relation.table}: it cannot be joined a second time")
    for related in indicator.without:
        # A row that another one rules out would rule out others in turn; its evidence would have no end.
        if related.table == source.name:
            faults.append(f"rows of {source.name} cannot be ruled out by rows of {source.name} itself")
    return faults


def _column_faults(indicator: Indicator, source: Table) -> list[str]:
    alias = indicator.joined_as
    faults = []
    for expression in indicator.expressions:
        paths = fields(expression)
        of_other = {path for path in paths if path[0] == alias and len(path) > 1}
        faults += column_faults(source, tuple(Field(path) for path in sorted(paths - of_other)))
        faults += [f for p in sorted(of_other) for f in column_faults(indicator.owner(p), (Field(p[1:]),))]
        faults += [
            f"{'.'.join(path)} is asked for being null: use `without`" for path in _null_tests(expression, alias)
        ]
    if any(isinstance(part, Operation) and part.name == "or_else" for part in walk(indicator.moment)):
        faults.append("the day of a row is the same on every as-of date: `or_else` may not tell it")
    return list(dict.fromkeys(faults))


def _null_tests(expression: Expression, alias: str) -> list[tuple[str, ...]]:
    """Return the columns of rows referred to that are asked for being null: a row that is gone would make it true."""
    tests = [p for p in walk(expression) if isinstance(p, Operation) and p.name in ("is_null", "or_else")]
    paths = {path for test in tests for path in fields(test)}
    return sorted(path for path in paths if len(path) == 2 and path[0] != alias)


def _aggregate_faults(indicator: Indicator, source: Table) -> list[str]:
    faults = []
    needs_value = indicator.aggregate not in ("count", "days")
    if indicator.aggregate != "days" and needs_value != (indicator.value is not None):
        faults.append(f"aggregate {indicator.aggregate} {'needs a' if needs_value else 'takes no'} value")
    if indicator.aggregate == "days":
        faults += _days_faults(indicator, source)
    if indicator.independent:
        faults += cause_faults(indicator.causes, source, indicator.aggregate)
    for path in sorted(fields(indicator.value)) if indicator.value is not None else ():
        table = source if len(path) == 1 else CONTRACT.records.get(path[0], source)
        column = table.column.get(path[-1])
        if column is not None and column.type == "DOUBLE":
            faults.append(f"value reads {'.'.join(path)}, a floating number; sums of these differ from run to run")
    return faults


def _days_faults(indicator: Indicator, source: Table) -> list[str]:
    if source.until is None:
        return [f"{indicator.table} has no end column to count days to"]
    faults = []
    if indicator.when is not None:
        faults.append("days are counted from the table's own start: `when` cannot be stated")
    if indicator.value is not None and not _always_known(indicator.value, source):
        faults.append("days are united for each value of a column that every row has from the day it is known")
    if gate(source, source.until) not in (None, source.until):
        faults.append(f"the end of a {indicator.table} is learnt on some other day: its days cannot be counted")
    return faults


def _always_known(value: Expression, source: Table) -> bool:
    column = source.column.get(value.path[0]) if isinstance(value, Field) and len(value.path) == 1 else None
    return column is not None and not column.nullable and gate(source, column.name) is None


def _form_faults(indicator: Indicator) -> list[str]:
    faults = []
    if not indicator.question.endswith("?"):
        faults.append("the question must end with a question mark")
    faults += [f"there is no table {name} to be better" for name in indicator.unless if name not in CONTRACT.records]
    if not indicator.windows or any(w <= 0 for w in indicator.windows):
        faults.append("windows must be whole numbers of days above 0")
    if isinstance(indicator.exposure, NoExposure) and not indicator.exposure.reason:
        faults.append("no exposure needs a reason")
    if isinstance(indicator.exposure, str) and not indicator.exposure:
        faults.append("exposure must name an indicator or be NoExposure with a reason")
    if indicator.standard is not None and indicator.standard not in STANDARDS:
        faults.append(f"{indicator.standard} is not one of the Standards of Professional Behaviour")
    if indicator.proportion and (indicator.aggregate != "count" or isinstance(indicator.exposure, NoExposure)):
        faults.append("a proportion is a count with an exposure of which its rows are some")
    if ("standards" in indicator.concerns) != (indicator.standard is not None):
        faults.append("a standard is named exactly when the indicator serves the standards concern")
    return faults
