"""The rows of many flags in one store, side by side, so that one query answers for all of them.

Each flag has to follow from the rows that it cites and from no others. So the ids of its rows are numbered anew, in a
range of its own: a row that only another flag cites cannot be met, as everything that is looked for is looked for by
ids. A flag alone keeps its ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from audit.flag.rerun import CitedRowStore
from data.arrays import Bools, Ids, Positions
from data.contract import CONTRACT
from data.optional_columns import present_in
from data.vocabulary import SubjectKind
from features.engine import completed, computable
from features.expression import Expression, Field, Operation, Value
from features.gaps.sources import Sources
from features.indicator import Indicator
from features.relation import JoinPairs, Related
from features.statuses import Visibility, feature_table
from features.subjects import in_service_since, subjects
from features.table import FeatureTable
from features.windows.aggregation import aggregate
from models.contradictions.rule import Rule
from pipeline.rule_counts import MonthlyCounts, count_contradictions

RowsByTable = Mapping[str, pa.Table]
"""The rows that one flag cites, by table, with file and row of origin."""

ID_COLUMNS: Final = frozenset(
    column.name for table in CONTRACT for column in table.columns if column.name.endswith("_id") and not column.temporal
)
"""The columns that hold ids: numbers without meaning, of which only the order and whether they are equal is asked."""

_COMPARED: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})


@dataclass(frozen=True)
class Numbering:
    """Ids numbered anew: `known` holds all there are, ascending; the range of each flag has `span` numbers.

    Within a range the order of ids is kept, and no number is 0. Without `span` ids stay as they are.
    """

    known: Ids
    span: int | None

    @classmethod
    def of(cls, flags: Sequence[RowsByTable]) -> Numbering:
        """Return the numbering for the rows of some flags; for one flag alone, ids as they are."""
        if len(flags) == 1:
            return cls(np.empty(0, dtype=np.int64), None)
        ids = _ids_in(flags)
        return cls(ids, len(ids) + 1)

    def numbered(self, ids: pa.ChunkedArray, flags: Positions) -> pa.Array:
        """Return ids in the ranges of the flags whose rows they stand in."""
        missing = np.asarray(ids.is_null())
        places = np.searchsorted(self.known, np.asarray(ids.fill_null(0).to_numpy(), dtype=np.int64))
        return pa.array(flags * (self.span or 0) + places + 1, pa.int64(), mask=missing)

    def restored(self, ids: Ids) -> Ids:
        """Return the ids that numbers stand for."""
        return ids if self.span is None else self.known[ids % self.span - 1]

    def within(self, ids: Ids, flag: int) -> Bools:
        """Say which numbers lie in the range of a flag."""
        return np.full(len(ids), True) if self.span is None else np.equal(ids // self.span, flag)

    def position(self, ids: Ids, flag: int, subject: int) -> int | None:
        """Return where the subject of a flag stands among numbers; None where it does not."""
        at = np.flatnonzero(self.within(ids, flag) & (self.restored(ids) == subject))
        return int(at[0]) if len(at) else None


def can_stand_together(flags: Sequence[RowsByTable]) -> bool:
    """Say whether the ids of some flags' rows may be numbered anew: rules ask of them whether they are above 0."""
    ids = _ids_in(flags)
    return not len(ids) or bool(ids[0] > 0)


def _ids_in(flags: Sequence[RowsByTable]) -> Ids:
    """Return all ids in the rows of some flags, ascending."""
    columns = [
        np.asarray(rows[name].drop_null().to_numpy(), dtype=np.int64)
        for tables in flags
        for rows in tables.values()
        for name in rows.column_names
        if name in ID_COLUMNS
    ]
    return np.unique(np.concatenate([*columns, np.empty(0, dtype=np.int64)]))


@dataclass(frozen=True)
class SubjectValues:
    """The values of the subjects of several flags: those of a flag lie in its own range of `numbers`."""

    table: FeatureTable
    numbers: Ids
    numbering: Numbering

    def position(self, flag: int, subject: int) -> int | None:
        """Return where the subject of a flag stands in the table; None where its rows show nobody of that id."""
        return self.numbering.position(self.numbers, flag, subject)


class SideBySide:
    """The rows of some flags, in a store that holds them where loaded records stand, and nothing else."""

    def __init__(
        self, rows: CitedRowStore, flags: Sequence[RowsByTable], *, numbering: Numbering | None = None
    ) -> None:
        self.numbering, self.flags = numbering or Numbering.of(flags), len(flags)
        names = sorted({name for tables in flags for name in tables})
        self.store = rows.hold({name: self._together([tables.get(name) for tables in flags]) for name in names})

    def _together(self, parts: Sequence[pa.Table | None]) -> pa.Table:
        cited = [(number, part) for number, part in enumerate(parts) if part is not None]
        rows = pa.concat_tables([part for _, part in cited])
        if self.numbering.span is None:
            return rows
        flags = np.repeat([number for number, _ in cited], [len(part) for _, part in cited]).astype(np.intp)
        for at, name in enumerate(rows.column_names):
            if name in ID_COLUMNS:
                rows = rows.set_column(at, name, self.numbering.numbered(rows[name], flags))
        return rows

    def values(
        self, indicators: Sequence[Indicator], *, kind: SubjectKind, as_of: date, sources: Sources
    ) -> SubjectValues:
        """Return the values of everybody whom the rows of any flag show to be in service, from that flag's rows alone.

        The stages are those of `features.engine.compute`; ids are restored before gaps are looked up by area.
        """
        ready, _ = computable([i for i in indicators if i.subject == kind], present_in(self.store, as_of))
        people = subjects(self.store, kind=kind, as_of=as_of)
        numbers = np.asarray(people["subject_id"].to_numpy(), dtype=np.int64)
        since = in_service_since(self.store, kind=kind, as_of=as_of, ids=numbers)
        scanned = aggregate(self.store, ready, {as_of: numbers})[as_of]
        aggregates = completed(scanned, self.store, ready, as_of=as_of, ids=numbers, since=since, sources=sources)
        view = Visibility(kind, as_of, self._restored(people), since, sources)
        return SubjectValues(feature_table(ready, view, aggregates), numbers, self.numbering)

    def _restored(self, people: pa.Table) -> pa.Table:
        for at, name in enumerate(people.column_names):
            if name.endswith("_id") and len(people):
                numbers = np.asarray(people[name].fill_null(0).to_numpy(), dtype=np.int64)
                missing = np.asarray(people[name].is_null())
                people = people.set_column(
                    at, name, pa.array(self.numbering.restored(numbers), pa.int64(), mask=missing)
                )
        return people

    def counts(self, rule: Rule, as_of: date) -> list[list[MonthlyCounts]]:
        """Return for each flag what a rule counts in its rows; nothing where a table that the rule reads is absent."""
        months = count_contradictions(self.store, [rule], as_of, span=self.numbering.span)
        return [[self._own(counts, flag) for counts in months] for flag in range(self.flags)]

    def _own(self, counts: MonthlyCounts, flag: int) -> MonthlyCounts:
        own = self.numbering.within(counts.subject, flag)
        return counts.of(own, self.numbering.restored(counts.subject[own]))


def reads_ids_as_names(declaration: Indicator | Rule) -> bool:
    """Say whether all that a declaration asks of ids is their order and whether they are equal.

    Then they may be numbered anew. Of a relation of an indicator's rows, some ids must be equal too, or rows of
    different flags would meet.
    """
    if isinstance(declaration, Rule):
        expressions = [declaration.where, declaration.day]
        expressions += [e for c in declaration.others for e in (c.only, c.match, c.day) if e is not None]
        return all(map(_names_ids, expressions)) and all(_pairs_ids(c.pairs) for c in declaration.others)
    cause = declaration.value if declaration.aggregate in ("distinct", "days") else None
    expressions = [e for e in (declaration.where, declaration.value, declaration.moment) if e is not None]
    named = all(e is cause or _names_ids(e) for e in expressions) and all(map(_apart, declaration.relations))
    return named and all(map(reads_ids_as_names, declaration.parts))


def _apart(related: Related) -> bool:
    linked = all(any(_is_id(own) and _is_id(other) for own, other in pairs) for pairs in related.ways)
    return linked and all(map(_pairs_ids, related.ways)) and (related.match is None or _names_ids(related.match))


def _pairs_ids(pairs: JoinPairs) -> bool:
    return all((_is_id(own) and _is_id(other)) or (_names_ids(own) and _names_ids(other)) for own, other in pairs)


def _names_ids(expression: Expression) -> bool:
    if isinstance(expression, Operation):
        compared = expression.name in _COMPARED and all(map(_is_id, expression.operands))
        if compared or expression.name == "is_null" or _is_above_zero(expression):
            return True
        return all(map(_names_ids, expression.operands))
    return not _is_id(expression)


def _is_above_zero(expression: Operation) -> bool:
    """Say whether an operation asks whether an id is above 0, which says no more than that there is one."""
    if expression.name != ">":
        return False
    left, right = expression.operands
    return _is_id(left) and isinstance(right, Value) and right.value == 0


def _is_id(expression: Expression) -> bool:
    return isinstance(expression, Field) and expression.path[-1] in ID_COLUMNS
