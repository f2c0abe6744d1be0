"""Trials: a run that stays in memory and writes no folder, for simulations that make very many of them.

A trial runs the very stages of `pipeline.analysis.analyse`, so it flags exactly whom a run on the same records flags.
What it leaves out is what a single run owes its readers and a thousandth repetition does not: Great Expectations, the
run folder and its seal, and (unless asked for) the rows behind each flag. Asked to, it also leaves out what each score
rests on, which nobody reads who only counts flags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final, get_type_hints

import pyarrow as pa

from data.contract import CONTRACT
from data.store import Store
from data.vocabulary import SubjectKind
from features.gaps.source_gaps import examine
from features.table import SCHEMA as FEATURES
from features.table import FeatureTable
from pipeline.analysis import analyse
from pipeline.compare import Comparison, SelectionSummary
from pipeline.known_days import last_known
from pipeline.loading import CheckDepth, Records, load_records
from pipeline.purpose_check import enforce_purposes
from pipeline.rule_selection import RuleSelection
from pipeline.settings import Settings

_KINDS: Final = {
    **dict.fromkeys((int, int | None), pa.int64()),
    **dict.fromkeys((float, float | None), pa.float64()),
    date: pa.date32(),
}

SELECTIONS: Final = pa.schema(
    [(name, _KINDS.get(kind, pa.string())) for name, kind in get_type_hints(SelectionSummary).items()]
)
"""The columns of a trial's selections, those of `SelectionSummary`: how each concern's selection went."""


@dataclass(frozen=True)
class Trial:
    """What a run would have written, as Arrow tables with the columns of the run folder's files.

    Without evidence `evidence` is empty and a flag's id rests on its content alone, so it differs from a run's.
    """

    as_of: tuple[date, ...]
    tables: Mapping[tuple[date, SubjectKind], FeatureTable]
    subjects: pa.Table
    scores: pa.Table
    flags: pa.Table
    evidence: pa.Table
    excess: pa.Table
    selections: pa.Table
    comparisons: tuple[Comparison, ...]
    contradictions: tuple[RuleSelection, ...]
    practices: pa.Table

    @cached_property
    def features(self) -> pa.Table:
        """The rows of `features.parquet`, put together when they are asked for."""
        parts = [table.to_arrow() for table in self.tables.values()]
        return pa.concat_tables(parts) if parts else FEATURES.empty_table()


def try_records(
    records: Records | Path,
    *,
    settings: Settings,
    as_of: Sequence[date] = (),
    evidence: bool = False,
    contributions: bool = True,
    checked: bool = False,
    threads: int | None = 1,
) -> Trial:
    """Run on records in memory, or in a folder of Parquet files, and return what was found.

    Records are trusted to meet the contract unless `checked`: then rows that violate it are left out, as a run does.
    Without as-of dates the day after the bulk of the rows ends is taken (see `pipeline.known_days`). Without
    `contributions` no score lists what it rests on.

    Raises:
        UsageError: the settings cannot be used.
        InputRejected: a table does not have the contract's columns, or a folder holds none of its tables.

    Example:
        >>> from data.synthetic.memory_world import make_world
        >>> from data.synthetic.world import load
        >>> from pipeline.settings import load as load_settings
        >>> world = make_world(load("tiny", people=60, months=2))
        >>> try_records(world.records, settings=load_settings()).flags.column_names[:3]
        ['flag_id', 'subject_kind', 'subject_id']
    """
    with Store(threads=threads) as store:
        check: CheckDepth = "constraints" if checked else "trusted"
        load_records(records, store=store, check=check, tables=CONTRACT.readable)
        return try_store(store, settings=settings, as_of=as_of, evidence=evidence, contributions=contributions)


def try_store(
    store: Store,
    *,
    settings: Settings,
    as_of: Sequence[date] = (),
    evidence: bool = False,
    contributions: bool = True,
) -> Trial:
    """Run on what is loaded in a store. Tables that only audits may read must not be among it."""
    enforce_purposes(settings, settings.in_force)
    dates = sorted(set(as_of)) or [last_known(store) + timedelta(days=1)]
    sources = examine(store, as_ofs=dates)
    results = analyse(store, settings, dates, sources, evidence=evidence, contributions=contributions)
    selections = pa.Table.from_pylist([asdict(c.summary) for c in results.comparisons], schema=SELECTIONS)
    return Trial(
        as_of=tuple(dates),
        tables=results.tables,
        subjects=results.subjects,
        scores=results.scores,
        flags=results.flags,
        evidence=results.evidence,
        excess=results.excess,
        selections=selections,
        comparisons=results.comparisons,
        contradictions=results.contradictions,
        practices=results.practices,
    )


def feature_table(trial: Trial, kind: SubjectKind, as_of: date) -> FeatureTable:
    """Return the feature values of one kind of subject as of one date, as detectors read them."""
    return trial.tables[as_of, kind]
