"""Replay: a flag computed again from its evidence rows and the run's settings alone, compared to the bit.

For a flag that rests on comparison, the subject's own values come from the evidence rows and nothing else; the peers'
values are those the run wrote down. For a contradiction everything comes from the evidence rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.evidence import EvidenceRow, cited_rows, evidence_of, faults_of, kept_of
from data.contract import CONTRACT
from data.errors import UsageError
from data.samples import arrow_schema
from data.store import Store
from features.base import Indicator, Subject
from features.engine import compute
from features.gaps import Sources, gaps_from_json
from features.table import Cells, FeatureTable, from_arrow
from models.catalogue import rules
from pipeline.detect import contradict, detect, scores_table
from pipeline.evidence import Kept, flag_id
from pipeline.flag import Flag, Selector, flag_contradictions, flag_statistical
from pipeline.folder import RunFolder
from pipeline.run import KINDS
from pipeline.settings import Settings, resolve

_LIMIT: Final = 8
"""How many faults of one flag are listed."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Replayed:
    """The outcome of replaying one flag; no faults means that every bit came out the same."""

    flag_id: str
    rows: int
    faults: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the replay gave the same flag."""
        return not self.faults


def find_flag(folder: RunFolder, start: str) -> Row:
    """Return the one flag whose id begins with a text.

    Raises:
        UsageError: no flag's id, or more than one, does.
    """
    found: list[Row] = [f for f in folder.table("flags").to_pylist() if f["flag_id"].startswith(start)]
    if len(found) != 1:
        raise UsageError(
            f"The flag id '{start}' fits {'no flag' if not found else f'{len(found)} flags'}.",
            expected="a flag id, or the beginning of one, as 'opencse flags' lists them",
            where=str(folder.path),
        )
    return found[0]


def replay(
    folder: RunFolder, flag: str | None = None, *, progress: Callable[[int, int], None] | None = None
) -> list[Replayed]:
    """Replay one flag of a run, or all of them, in the order in which the run lists them.

    `progress` is told how many flags are done, and of how many.

    Raises:
        UsageError: there is no such flag.
        VerificationFailed: a file that the replay needs cannot be read.
    """
    flags: list[Row] = folder.table("flags").to_pylist() if flag is None else [find_flag(folder, flag)]
    settings = resolve(folder.config, where="config.toml")
    rerun = _Rerun(folder, settings)
    evidence, kept = evidence_of(folder), kept_of(folder)
    done = []
    with Store(threads=1) as store:
        for number, row in enumerate(flags):
            cited = evidence.get(row["flag_id"], [])
            faults = _replay(row, cited, kept, rerun, store)
            done.append(Replayed(row["flag_id"], len(cited), tuple(faults[:_LIMIT])))
            if progress:
                progress(number + 1, len(flags))
    return done


class _Rerun:
    """The run's comparison stage done again from the values it wrote down, once per as-of date."""

    def __init__(self, folder: RunFolder, settings: Settings) -> None:
        self.settings = settings
        self.absent = set(folder.manifest["absent"])
        self.sources = Sources(gaps_from_json(folder.manifest["source_gaps"]))
        self._features, self._subjects = folder.table("features"), folder.table("subjects")
        self._scores = folder.table("scores")
        self._dates = sorted(folder.config["as_of"])
        self._selector = Selector(settings, total=len(self._dates))
        self._done: dict[date, tuple[dict[Subject, FeatureTable], dict[tuple[str, int, str], Flag], list[str]]] = {}

    def of(self, as_of: date) -> tuple[dict[Subject, FeatureTable], dict[tuple[str, int, str], Flag], list[str]]:
        """Return the values, the flags by (kind, subject, concern), and what differs from the scores written down."""
        for day in self._needed(as_of):
            self._compare(day)
        return self._done[as_of]

    def _needed(self, as_of: date) -> list[date]:
        """Return the dates still to be compared: where dates share a false discovery rate, also those before."""
        shared = self.settings.across_dates.method != "each"
        return [d for d in self._dates if d not in self._done and (d == as_of or (shared and d < as_of))]

    def _compare(self, as_of: date) -> None:
        tables = {kind: self._table(kind, as_of) for kind in KINDS}
        detected = [d for table in tables.values() for d in detect(table, self.settings)]
        flags, _ = flag_statistical(detected, self.settings, self.settings.in_force, self._selector)
        again = scores_table(detected, [])
        written = self._scores.filter(
            pc.and_(
                pc.equal(self._scores["as_of"], pa.scalar(as_of, pa.date32())),
                pc.not_equal(self._scores["family"], "contradiction"),
            )
        )
        same = again.equals(written.cast(again.schema))
        faults = [] if same else ["the scores of the comparison stage come out differently"]
        self._done[as_of] = tables, {(f.subject_kind, f.subject_id, f.concern): f for f in flags}, faults

    def _table(self, kind: Subject, as_of: date) -> FeatureTable:
        rows, subjects = (
            t.filter(pc.and_(pc.equal(t["as_of"], pa.scalar(as_of, pa.date32())), pc.equal(t["subject_kind"], kind)))
            for t in (self._features, self._subjects)
        )
        return from_arrow(rows, subjects.drop_columns(["subject_kind", "as_of"]), kind=kind, as_of=as_of)


def _replay(
    row: Row, cited: list[EvidenceRow], kept: Mapping[tuple[str, date], Kept], rerun: _Rerun, store: Store
) -> list[str]:
    as_of = row["as_of"]
    faults = faults_of(cited, kept, as_of)
    if not cited:
        faults.append("the flag cites no evidence")
    if faults:
        return faults  # what follows from changed rows would say nothing about the flag
    _load(store, cited_rows(cited, kept, as_of), rerun.absent)
    if row["family"] == "contradiction":
        found = contradict(store, [rules()[name] for name in row["detectors"]], as_of)
        again = [f for f in flag_contradictions(found, rerun.settings.in_force) if f.subject_id == row["subject_id"]]
        rebuilt = again[0] if again else None
    else:
        tables, flags, differing = rerun.of(as_of)
        faults += differing
        faults += _value_faults(store, tables[row["subject_kind"]], row, rerun)
        rebuilt = flags.get((row["subject_kind"], row["subject_id"], row["concern"]))
    if rebuilt is None:
        return [*faults, "computed again, there is no such flag"]
    return [*faults, *_flag_faults(row, rebuilt, cited, kept)]


def _load(store: Store, rows: Mapping[str, pa.Table], absent: set[str]) -> None:
    """Put a flag's rows, and nothing else, where loaded records stand; other tables of the run are there but empty."""
    store.run("DROP SCHEMA IF EXISTS loaded CASCADE")
    store.run("CREATE SCHEMA loaded")
    for table in CONTRACT:
        if table.name in absent:
            continue
        schema = pa.schema(
            [*arrow_schema(table), pa.field("source_file", pa.string()), pa.field("source_row", pa.int64())]
        )
        store.register("cited_rows", rows.get(table.name, schema.empty_table()))
        store.run(f"CREATE TABLE loaded.{table.name} AS SELECT * FROM cited_rows")
        store.connection.unregister("cited_rows")


def _value_faults(store: Store, written: FeatureTable, row: Row, rerun: _Rerun) -> Iterator[str]:
    """Compare the subject's standing and values, computed from its evidence alone, with those the run wrote down.

    Whether a source was silent shows in everybody's rows and not in one subject's, so the gaps are those the run found.
    """
    feeding = _feeding(rerun.settings, row)
    again = compute(store, feeding, kind=row["subject_kind"], as_of=row["as_of"], sources=rerun.sources)
    subject = row["subject_id"]
    if subject not in again.ids:
        yield "computed again, the subject is not in service"
        return
    at, at_written = again.ids.tolist().index(subject), written.ids.tolist().index(subject)
    if again.subjects.slice(at, 1).to_pylist() != written.subjects.slice(at_written, 1).to_pylist():
        yield "the subject's posting, role, rank or team comes out differently"
    for key, cells in again.cells.items():
        if not _same(cells, at, written.cells[key], at_written):
            yield f"{key[0]} over {key[1]} days comes out differently"


def _feeding(settings: Settings, row: Row) -> list[Indicator]:
    serving = [i for i in settings.indicators if row["concern"] in i.concerns and i.subject == row["subject_kind"]]
    exposures = {i.exposure for i in serving}
    return [i for i in settings.indicators if i in serving or i.name in exposures]


def _same(cells: Cells, at: int, written: Cells, at_written: int) -> bool:
    """Compare one value; where no row counts there is nothing to compare but the exposure."""
    if cells.n_rows[at] != written.n_rows[at_written]:
        return False
    if not np.array_equal(cells.exposure[at], written.exposure[at_written], equal_nan=True):
        return False
    return bool(cells.n_rows[at] == 0 or np.array_equal(cells.value[at], written.value[at_written], equal_nan=True))


def _flag_faults(
    row: Row, rebuilt: Flag, cited: Sequence[EvidenceRow], kept: Mapping[tuple[str, date], Kept]
) -> Iterator[str]:
    content = rebuilt.content()
    for name, value in content.items():
        written = tuple(row[name]) if name == "detectors" else row[name]
        if value != written:
            yield f"{name} comes out as {value!r}, not {written!r}"
    known = {key: k.digests for key, k in kept.items()}
    evidence = [
        (r.table_name, r.row_id, known.get((r.table_name, row["as_of"]), {}).get(r.row_id, ""), r.indicator, r.part)
        for r in cited
    ]
    if flag_id(rebuilt, evidence) != row["flag_id"]:
        yield "the flag's id is not that of its content and evidence"
