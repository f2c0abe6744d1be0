"""Which indicators, rules and detectors records allow, for how many people, and what is missing for the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from data.constraints import LOADED
from data.contract import CONTRACT
from data.optional_columns import present_in
from data.store import Store, literal, quoted
from features.engine import computable
from models.lineage import reads_of
from pipeline.check.column_facts import ColumnFact
from pipeline.rule_counts import skipped_rules
from pipeline.settings import Settings

ComputableKind = Literal["indicator", "rule", "detector"]


@dataclass(frozen=True)
class Computability:
    """Whether an indicator, rule or detector can be computed: the tables it lacks, and how many people have a row.

    `people` are officers, or units for what is about units, with a row that was known before the as-of date in the
    table that it is about.
    """

    kind: ComputableKind
    name: str
    people: int
    lacking: tuple[str, ...]
    empty: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether every table it needs is there, and somebody has a row in it."""
        return not self.lacking and self.people > 0


@dataclass(frozen=True)
class Unlock:
    """A single table or column that is missing or empty, and how many parts it alone keeps from being computed."""

    missing: str
    parts: int


def computability(
    store: Store, settings: Settings, as_of: date, columns: Collection[ColumnFact]
) -> tuple[Computability, ...]:
    """Return every indicator, rule and detector of some settings with what records allow of it."""
    present = present_in(store, as_of)
    empty = {(c.table, c.column) for c in columns if c.state == "empty"}
    people = {name: _people(store, name, as_of) for name in sorted(present) if name in CONTRACT.records}
    ready, skipped = computable(settings.indicators, present)
    parts = [
        Computability("indicator", i.name, people.get(i.table, {}).get(i.subject, 0), (), _empty(reads_of(i), empty))
        for i in ready
    ]
    parts += [Computability("indicator", s.indicator, 0, s.absent, ()) for s in skipped if s.absent]
    lacking = dict(skipped_rules(settings.rules, present))
    for rule in settings.rules:
        whom = min((people[t]["officer"] for t in rule.tables if people.get(t, {}).get("officer")), default=0)
        counted = 0 if rule.name in lacking else whom
        parts.append(Computability("rule", rule.name, counted, lacking.get(rule.name, ()), _empty(rule.reads, empty)))
    return (*parts, *_detectors(settings, {p.name: p.people for p in parts if p.ready and p.kind == "indicator"}))


def _detectors(settings: Settings, people: Mapping[str, int]) -> Iterator[Computability]:
    for detector in settings.detectors:
        if detector.family == "baseline":
            continue
        read = [people[i.name] for i in settings.indicators if i.name in people and detector.reads(i)]
        yield Computability("detector", detector.name, max(read, default=0), (), ())


def _empty(reads: Mapping[str, Collection[str]], empty: Collection[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted(f"{t}.{c}" for t, columns in reads.items() for c in columns if (t, c) in empty))


def _people(store: Store, name: str, as_of: date) -> dict[str, int]:
    """Return how many officers and units have rows of a table that were known before an as-of date."""
    table = CONTRACT[name]
    day = f"CAST({quoted(table.known)} AS DATE) < {literal(str(as_of))}" if table.known else "true"
    # An officer whose day of joining is not recorded is there from the first row that names them.
    known = f"({day} OR {quoted(table.known)} IS NULL)" if table.known else day
    columns = [c for c in ("officer_id", "unit_id") if c in table.column]
    if not columns:
        return {"officer": int(store.value(f"SELECT count(*) FROM {LOADED}.{quoted(name)} WHERE {known}"))}
    items = ", ".join(f"count(DISTINCT {quoted(c)})" for c in columns)
    (row,) = store.rows(f"SELECT {items} FROM {LOADED}.{quoted(name)} WHERE {known}")
    counts = {c.removesuffix("_id"): int(n) for c, n in zip(columns, row, strict=True)}
    return {"unit": counts.get("officer", 0), "officer": counts.get("unit", 0)} | counts


def unlocks(parts: Sequence[Computability]) -> tuple[Unlock, ...]:
    """Return the single tables and columns that keep most parts from being computed, the most first.

    A part that lacks several tables is counted for none of them: no single one would unlock it.

    Example:
        >>> part = Computability("rule", "a", 0, ("shift",), ())
        >>> unlocks([part, Computability("rule", "b", 0, ("shift", "unit"), ())])
        (Unlock(missing='shift', parts=1),)
    """
    counts: Counter[str] = Counter()
    for part in parts:
        if len(part.lacking) == 1:
            counts[part.lacking[0]] += 1
        elif not part.lacking and len(part.empty) == 1:
            counts[part.empty[0]] += 1
    return tuple(Unlock(name, number) for name, number in sorted(counts.items(), key=lambda c: (-c[1], c[0])))
