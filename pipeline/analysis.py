"""What a run computes of loaded records: features, rules and detectors, flags, and the rows behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

import pyarrow as pa

from data.progress import StageProgress
from data.store import Store
from data.vocabulary import SUBJECT_KINDS, SubjectKind
from features.engine import compute_all
from features.gaps.sources import Sources
from features.history import history
from features.history_tables import history_table, standings_table
from features.table import SCHEMA as FEATURES
from features.table import FeatureTable
from pipeline.compare import Comparison, Selector, compare
from pipeline.evidence import Cited, Kept, cite, evidence_table, keep, subjects_of
from pipeline.excess import ExcessComparison, excess_table
from pipeline.flag import Flag
from pipeline.nulls_table import nulls_table
from pipeline.practices import Practice, practices, practices_table, set_aside
from pipeline.rule_counts import count_contradictions
from pipeline.rule_selection import RuleSelection, rule_evidence, select_by_evidence
from pipeline.scores_table import scores_table
from pipeline.settings import Settings

FLAGS: Final = pa.schema(
    [
        ("flag_id", pa.string()),
        ("subject_kind", pa.string()),
        ("subject_id", pa.int64()),
        ("as_of", pa.date32()),
        ("concern", pa.string()),
        ("standard", pa.string()),
        ("detectors", pa.list_(pa.string())),
        ("family", pa.string()),
        ("promise", pa.string()),
        ("score", pa.float64()),
        ("p_value", pa.float64()),
        ("q_value", pa.float64()),
        ("threshold", pa.float64()),
        ("audience", pa.string()),
        ("policy", pa.string()),
        ("policy_version", pa.int32()),
        ("explanation", pa.string()),
        ("status", pa.string()),
    ]
)
"""The columns of `flags.parquet`."""


@dataclass(frozen=True)
class Results:
    """What a run computes from loaded records, before anything is written: its tables, and the rows its flags cite.

    `comparisons` are those of every as-of date, kind of subject and concern, `contradictions` the selections by rules
    of every as-of date and concern. Without evidence `evidence` is empty,
    `kept` too, and a flag's id rests on its content alone.
    """

    tables: Mapping[tuple[date, SubjectKind], FeatureTable]
    subjects: pa.Table
    scores: pa.Table
    flags: pa.Table
    evidence: pa.Table
    history: pa.Table
    standings: pa.Table
    excess: pa.Table
    comparisons: tuple[Comparison, ...]
    contradictions: tuple[RuleSelection, ...]
    practices: pa.Table
    practice_rows: Mapping[str, str]
    kept: tuple[Kept, ...]

    @cached_property
    def features(self) -> pa.Table:
        """The rows of `features.parquet`, put together when they are asked for."""
        parts = [table.to_arrow() for table in self.tables.values()]
        return pa.concat_tables(parts) if parts else FEATURES.empty_table()

    @cached_property
    def nulls(self) -> pa.Table:
        """What people were compared with: every fitted null and every seed, put together when it is asked for."""
        return nulls_table(self.comparisons, self.contradictions)


def tables_with_past(
    store: Store, settings: Settings, dates: Sequence[date], sources: Sources
) -> dict[tuple[date, SubjectKind], FeatureTable]:
    """Return the values of every as-of date and kind of subject, with the past of rates where excess is looked for."""
    tables = compute_all(store, settings.indicators, kinds=SUBJECT_KINDS, as_ofs=dates, sources=sources)
    concerns = settings.excess.concerns
    if not concerns:
        return tables
    return {
        (day, kind): replace(
            table, history=history(store, settings.indicators, concerns, kind=kind, as_of=day, sources=sources)
        )
        for (day, kind), table in tables.items()
    }


@dataclass(frozen=True)
class _Day:
    """What rules and detectors say as of one date."""

    comparisons: tuple[Comparison, ...]
    practices: tuple[Practice, ...]
    contradictions: tuple[RuleSelection, ...]

    @classmethod
    def of(
        cls, store: Store, tables: Mapping[SubjectKind, FeatureTable], settings: Settings, selector: Selector
    ) -> _Day:
        comparisons = tuple(c for table in tables.values() for c in compare(table, settings, selector))
        customs, selections = by_rules(store, tables["officer"], settings, selector)
        return cls(comparisons, tuple(customs), selections)

    @property
    def excess(self) -> list[ExcessComparison]:
        return [c.excess for c in self.comparisons if c.excess is not None]

    def scores(self, *, contributions: bool) -> pa.Table:
        by_detectors = [score for c in self.comparisons for score in c.scores]
        by_rules = [e for s in self.contradictions for e in s.evidence]
        return scores_table(by_detectors, by_rules, self.excess, contributions=contributions)

    @property
    def flags(self) -> list[Flag]:
        by_comparison = [flag for c in self.comparisons for flag in c.flags]
        return [*(flag for s in self.contradictions for flag in s.flags), *by_comparison]


def analyse(
    store: Store,
    settings: Settings,
    dates: Sequence[date],
    sources: Sources,
    *,
    tell: StageProgress = lambda _: None,
    evidence: bool = True,
    contributions: bool = True,
) -> Results:
    """Featurise, detect and flag what is loaded in a store; with `evidence`, find and digest the rows behind flags.

    With `contributions` the scores of those who stand out list what they rest on.
    """
    tell(f"features as of {', '.join(map(str, dates))}")
    selector = Selector(settings, total=len(dates))
    tables = tables_with_past(store, settings, dates, sources)
    days = []
    for day in dates:
        tell(f"rules and detectors as of {day}")
        days.append(_Day.of(store, {kind: tables[day, kind] for kind in SUBJECT_KINDS}, settings, selector))
    flags = [flag for day in days for flag in day.flags]
    if evidence:
        tell(f"evidence of {len(flags)} flags")
    cited = cite(store, flags, tables, settings, sources) if evidence else [Cited(flag) for flag in flags]
    kept = keep(store, cited)
    ids, cited_rows = evidence_table(cited, kept)
    histories = [t.history for t in tables.values() if t.history is not None]
    customs = [practice for day in days for practice in day.practices]
    return Results(
        tables=tables,
        subjects=subjects_of(tables),
        scores=pa.concat_tables([day.scores(contributions=contributions) for day in days]),
        flags=flags_table(flags, ids),
        evidence=cited_rows,
        history=history_table(histories),
        standings=standings_table(histories),
        excess=excess_table([excess for day in days for excess in day.excess]),
        comparisons=tuple(comparison for day in days for comparison in day.comparisons),
        contradictions=tuple(selection for day in days for selection in day.contradictions),
        practices=practices_table(customs),
        practice_rows={p.file: p.rows_query(tables[p.as_of, "officer"]) for p in customs},
        kept=tuple(kept),
    )


def by_rules(
    store: Store, officers: FeatureTable, settings: Settings, selector: Selector
) -> tuple[list[Practice], tuple[RuleSelection, ...]]:
    """Return the practices on the officers' as-of date, and whom rules select once their claims are set aside."""
    monthly = count_contradictions(store, settings.rules, officers.as_of)
    evidence = rule_evidence([m.by_person() for m in monthly], officers)
    customs = practices(monthly, evidence, officers)
    aside = [set_aside(m, customs, officers) for m in monthly]
    if any(months is not None for months in aside):
        counts = [m.by_person(months) for m, months in zip(monthly, aside, strict=True)]
        evidence = rule_evidence(counts, officers)
    return customs, select_by_evidence(evidence, settings, selector)


def flags_table(flags: Sequence[Flag], ids: Sequence[str]) -> pa.Table:
    """Return flags and their ids as rows of `flags.parquet`, by as-of date, concern, family and subject."""
    rows = [
        {"flag_id": i, **flag.content(), "detectors": list(flag.detectors)} for i, flag in zip(ids, flags, strict=True)
    ]
    keys = ["as_of", "concern", "family", "subject_kind", "subject_id", "flag_id"]
    return pa.Table.from_pylist(rows, schema=FLAGS).sort_by([(key, "ascending") for key in keys])
