"""Trials: a run that stays in memory and writes no folder, for simulations that make very many of them.

A trial runs the very stages of `pipeline.run.find`, so it flags exactly whom a run on the same records flags. What it
leaves out is what a single run owes its readers and a thousandth repetition does not: Great Expectations, the run
folder and its seal, and (unless asked for) the rows behind each flag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.arrow import arrow_schema
from data.constraints import LOADED
from data.contract import CONTRACT
from data.errors import InputRejected
from data.schema import Table
from data.store import Store, literal, quoted
from data.vocabulary import SubjectKind
from features.gaps.source_gaps import examine
from features.table import FeatureTable, from_arrow
from pipeline.compare import enforce_purposes
from pipeline.flag import Outcome
from pipeline.loading import loading_order
from pipeline.run import find, last_known
from pipeline.settings import Settings
from pipeline.validation.quarantine import checkable, find_broken, finish, open_schemas, quarantine

Records = Mapping[str, pa.Table]
"""Record tables by name, with exactly the contract's columns; texts may be dictionary-coded."""

_KINDS: Final = {int: pa.int64(), float: pa.float64(), float | None: pa.float64(), date: pa.date32()}

OUTCOMES: Final = pa.schema([(name, _KINDS.get(kind, pa.string())) for name, kind in get_type_hints(Outcome).items()])
"""The columns of a trial's outcomes, those of `pipeline.flag.Outcome`: how each concern's selection went."""


@dataclass(frozen=True)
class Trial:
    """What a run would have written, as Arrow tables with the columns of the run folder's files.

    Without evidence `evidence` is empty and a flag's id rests on its content alone, so it differs from a run's.
    """

    as_of: tuple[date, ...]
    features: pa.Table
    subjects: pa.Table
    scores: pa.Table
    flags: pa.Table
    evidence: pa.Table
    outcomes: pa.Table


def try_records(
    records: Records | Path,
    *,
    settings: Settings,
    as_of: Sequence[date] = (),
    evidence: bool = False,
    checked: bool = False,
    threads: int | None = 1,
) -> Trial:
    """Run on records in memory, or in a folder of Parquet files, and return what was found.

    Records are trusted to meet the contract unless `checked`: then rows that break it are left out, as a run does.
    Without as-of dates the day after the last day on which anything became known is taken.

    Raises:
        UsageError: the settings cannot be used.
        InputRejected: a table does not have the contract's columns, or a folder holds none of its tables.

    Example:
        >>> from data.synthetic.memory import make
        >>> from data.synthetic.world import load
        >>> from pipeline.settings import load as load_settings
        >>> world = make(load("tiny", people=60, months=2))
        >>> try_records(world.records, settings=load_settings()).flags.column_names[:3]
        ['flag_id', 'subject_kind', 'subject_id']
    """
    given = read_folder(records) if isinstance(records, Path) else records
    with Store(threads=threads) as store:
        if checked:
            load_checked(store, given)
        else:
            load_trusted(store, given)
        return try_store(store, settings=settings, as_of=as_of, evidence=evidence)


def try_store(store: Store, *, settings: Settings, as_of: Sequence[date] = (), evidence: bool = False) -> Trial:
    """Run on what is loaded in a store. Tables that only audits may read must not be among it."""
    enforce_purposes(settings, settings.in_force)
    dates = sorted(set(as_of)) or [last_known(store) + timedelta(days=1)]
    found = find(store, settings, dates, examine(store, as_ofs=dates), evidence=evidence)
    outcomes = pa.Table.from_pylist([asdict(o) for o in found.outcomes], schema=OUTCOMES)
    return Trial(tuple(dates), found.features, found.subjects, found.scores, found.flags, found.evidence, outcomes)


def feature_table(trial: Trial, kind: SubjectKind, as_of: date) -> FeatureTable:
    """Return the feature values of one kind of subject as of one date, as detectors read them."""

    def rows(table: pa.Table) -> pa.Table:
        of_kind = np.asarray(table["subject_kind"].to_pylist()) == kind
        on_day = table["as_of"].to_numpy() == np.datetime64(as_of, "D")
        return table.filter(pa.array(of_kind & on_day, pa.bool_()))

    subjects = rows(trial.subjects).drop_columns(["subject_kind", "as_of"])
    return from_arrow(rows(trial.features), subjects, kind=kind, as_of=as_of)


def load_trusted(store: Store, records: Records) -> None:
    """Make tables readable as `loaded.<table>` without looking at a row: views on the Arrow tables, copied nowhere.

    Records of 2,000 people over two years are ready in hundredths of a second instead of over one. Tables that are
    loaded already are replaced.
    """
    store.run(f"CREATE SCHEMA IF NOT EXISTS {LOADED}")
    for name, given in _readable(records):
        store.register(f"given_{name}", _numbered(given))
        store.run(
            f"CREATE OR REPLACE VIEW {LOADED}.{quoted(name)} AS SELECT * EXCLUDE (source_row), "
            f"{literal(name + '.parquet')} AS source_file, source_row FROM given_{name}"
        )


def load_checked(store: Store, records: Records) -> dict[tuple[str, str], int]:
    """Load tables and leave out rows that break the contract; return how many rows break each rule, by table and rule.

    The rules are those of a run, counted by SQL alone.
    """
    open_schemas(store)
    given = dict(_readable(records))
    for name, rows in given.items():
        store.register(f"given_{name}", _numbered(rows))
        store.run(
            f"CREATE TABLE {LOADED}.{quoted(name)} AS SELECT * EXCLUDE (source_row), "
            f"{literal(name + '.parquet')} AS source_file, source_row, "
            f"CAST(NULL AS VARCHAR) AS unread, CAST(NULL AS VARCHAR) AS refused FROM given_{name}"
        )
        store.connection.unregister(f"given_{name}")
    broken: dict[tuple[str, str], int] = {}
    for table in loading_order(given):
        findings = find_broken(table, checkable(table, present=given), store=store)
        finish(table, findings, rejected=quarantine(table, store=store), store=store)
        broken |= {(table.name, rule): count for rule, count in findings.broken.items() if count}
    return broken


def read_folder(folder: Path) -> dict[str, pa.Table]:
    """Read the Parquet files of a records folder, such as a generated world's, into memory.

    Raises:
        InputRejected: there is none that the contract names.
    """
    found = {table.name: folder / f"{table.name}.parquet" for table in CONTRACT}
    tables = {name: pq.read_table(path) for name, path in found.items() if path.is_file()}
    if not tables:
        raise InputRejected(
            "The folder holds no table of the contract as Parquet.",
            expected="files such as officer.parquet",
            where=str(folder),
            hint="A trial reads Parquet only; 'opencse run' reads CSV too.",
        )
    return tables


def _readable(records: Records) -> list[tuple[str, pa.Table]]:
    """Return the tables that the stages may read, brought to the contract's columns and types."""
    return [(t.name, _conforming(t, records[t.name])) for t in CONTRACT if t.name in records and not t.audit_only]


def _conforming(table: Table, given: pa.Table) -> pa.Table:
    if set(given.column_names) != set(table.names):
        raise InputRejected(
            f"The table {table.name} does not have the contract's columns.",
            expected=", ".join(table.names),
            found=", ".join(given.column_names),
        )
    # Texts that are dictionary-coded stay so: to decode them would cost more than everything else here.
    coded = {field.name for field in given.schema if pa.types.is_dictionary(field.type)}
    fields = [given.schema.field(f.name).with_nullable(True) if f.name in coded else f for f in arrow_schema(table)]
    return given.select(list(table.names)).cast(pa.schema(fields))


def _numbered(given: pa.Table) -> pa.Table:
    return given.append_column("source_row", pa.array(np.arange(1, len(given) + 1, dtype=np.int64)))
