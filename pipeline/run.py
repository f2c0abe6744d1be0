"""One run: load, validate, featurise, detect, flag, seal."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyarrow as pa

from data.contract import CONTRACT
from data.errors import InputRejected, UsageError
from data.optional_columns import filled_columns, present_in
from data.progress import StageProgress
from data.schema import EARLIEST_DAY, LATEST_DAY, is_as_of_day
from data.staging import staged_folder
from data.store import Store
from data.writing import write_table
from features.engine import computable
from features.gaps.source_gaps import examine
from features.gaps.sources import reach_to_json
from pipeline.analysis import Results, analyse
from pipeline.check.record_check import RecordCheck, check_loaded
from pipeline.compare import SelectionSummary
from pipeline.digest import table_digest
from pipeline.evidence import loaded_tables
from pipeline.extras import check_extras
from pipeline.known_days import ended_long_before, last_known
from pipeline.load_report import LoadReport, TableCount
from pipeline.loaded_stage import drop_loaded, read_loaded, write_loaded
from pipeline.loading import load_records
from pipeline.private_ids import keep_mapping, reading_facts, write_crosswalk
from pipeline.pseudonyms import Pseudonyms
from pipeline.purpose_check import enforce_purposes
from pipeline.rule_counts import skipped_rules
from pipeline.rule_selection import RuleSelectionSummary
from pipeline.run_folder import CONFIG, RunFolder, check_free, is_run
from pipeline.run_ledger import table_lines, write_lines
from pipeline.run_lineage import write_lineage
from pipeline.run_warnings import run_warnings
from pipeline.seal import PageWriter, seal
from pipeline.settings import Settings
from pipeline.stage_origin import StageOrigin, origin_of_stages
from pipeline.unsettled import unsettled_notes
from pipeline.validation.validation_report import write_validation
from pipeline.whole_stage import WholeStage, read_stage, write_stage

LARGE: Final = 400_000_000
"""From so many bytes of records on a run keeps its database in a file: Parquet of some 15,000 people over two years."""

MEMORY: Final = "3GB"
"""The memory that such a database may take; what the rest of the run holds comes on top."""


@dataclass(frozen=True)
class Finished:
    """A finished run: its folder, what was loaded, how each selection went, what was skipped and why, and warnings."""

    folder: RunFolder
    loaded: LoadReport
    selections: tuple[SelectionSummary, ...]
    rule_selections: tuple[RuleSelectionSummary, ...]
    flags: int
    skipped: tuple[str, ...]
    warnings: tuple[str, ...]


def run(
    records: Path,
    *,
    out: Path,
    settings: Settings,
    source: str = "folder",
    as_of: Sequence[date] = (),
    world: Mapping[str, Any] | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    resume: bool = False,
    page: PageWriter | None = None,
    pseudonyms: Pseudonyms | None = None,
    progress: StageProgress | None = None,
    on_loaded: Callable[[RecordCheck], None] | None = None,
) -> Finished:
    """Run the whole pipeline on a folder of records and write one run folder, whole or not at all.

    `source` is the name of a source or the path of a mapping, of which the run keeps a copy. Where ids were texts, the
    list that gives them back is written beside the run folder and not into it.

    Without as-of dates the day after the bulk of the rows ends is taken (see `pipeline.known_days`). `world` is
    noted in the settings of a run on a synthetic world; `page` returns the page that people read the run by. The number
    of threads changes no byte of the result. With `resume` a run that was killed is gone on with from its last whole
    stage, where everything is as it was then: from the loaded records, or from all but the seal. Where it is not, or no
    stage was whole, it begins anew. The bytes are the same either way. With `pseudonyms` people and units are known by
    these from the start. `on_loaded` is called with the check of the records once they are loaded, before anything is
    computed of them; then every file is looked at, whatever is wrong with another.

    Raises:
        UsageError: the settings, the as-of dates or the output folder cannot be used.
        InputRejected: the records cannot be read as what they claim to be.
    """
    check_as_of(as_of)
    check_extras(settings)
    enforce_purposes(settings, settings.in_force)
    check_free(out, overwrite=overwrite)
    replaceable = is_run if overwrite else None
    tell = progress or (lambda _: None)
    origin = origin_of_stages(settings, records, as_of=as_of, source=source, world=world, pseudonyms=pseudonyms)
    work = _Work(settings, source, tuple(as_of), world, pseudonyms, origin, tell, on_loaded)
    with staged_folder(out, replaceable=replaceable, resume=resume) as folder:
        stage = read_stage(folder, origin) if resume else None
        if stage is not None:
            loaded = _loaded(stage, source)
        else:
            with _opened(records, beside=out, threads=threads) as store:
                loaded = _load(store, folder, work)
                stage = _compute(store, folder, work, loaded)
            drop_loaded(folder)
            if not loaded.crosswalk:  # the texts of ids are never written into the folder, and the seal is not all then
                stage = write_stage(folder, stage, origin)
        tell("sealing")
        seal(folder, inputs=stage.inputs, facts=stage.facts, digests=stage.digests, rows=stage.rows, page=page)
    write_crosswalk(loaded.crosswalk, beside=out, pseudonyms=pseudonyms)
    return _finished(RunFolder(out), loaded, stage)


@dataclass(frozen=True)
class _Work:
    """What was asked of a run."""

    settings: Settings
    source: str
    as_of: tuple[date, ...]
    world: Mapping[str, Any] | None
    pseudonyms: Pseudonyms | None
    origin: StageOrigin
    tell: StageProgress
    on_loaded: Callable[[RecordCheck], None] | None


def _load(store: Store, folder: Path, work: _Work) -> LoadReport:
    """Load the records into a store, or take up what a killed run had loaded; what is in the folder else is removed."""
    kept = read_loaded(folder, store, work.origin)
    if kept is not None:
        return kept
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    loaded = _read(store, work)
    write_validation(loaded, folder / "validation", store)
    _withdraw_audit_only(store)
    if not loaded.crosswalk:
        write_loaded(folder, store, loaded, work.origin)
    return loaded


def _read(store: Store, work: _Work) -> LoadReport:
    """Read the records, and hand their check to whoever wants it; the first fault of a file ends the run then."""
    faults: list[InputRejected] = []
    loaded = load_records(
        work.origin.records,
        source=work.source,
        store=store,
        progress=work.tell,
        on_fault=None if work.on_loaded is None else faults.append,
        pseudonyms=work.pseudonyms,
    )
    if work.on_loaded is not None and loaded.present:
        as_of = max(work.as_of, default=None)
        work.on_loaded(check_loaded(store, loaded, settings=work.settings, as_of=as_of, faults=faults))
    if faults:
        raise faults[0]
    return loaded


def _compute(store: Store, folder: Path, work: _Work, loaded: LoadReport) -> WholeStage:
    """Write everything but the seal of a run whose records are loaded, and return what the seal takes."""
    settings, tell = work.settings, work.tell
    dates = sorted(set(work.as_of)) or [last_known(store) + timedelta(days=1)]
    _copy_own_files(settings, folder)
    config = settings.to_toml(as_of=dates, source=loaded.source, world=work.world)
    (folder / CONFIG).write_text(config, encoding="utf-8")
    keep_mapping(work.source, folder)
    ended = [note for day in dates for note in ended_long_before(store, day)]
    tell("volumes of the sources")
    sources = examine(store, as_ofs=dates)
    results = analyse(store, settings, dates, sources, tell=tell)
    tables = _write_tables(results, folder, settings)
    selections = tuple(c.summary for c in results.comparisons)
    rule_selections = tuple(c.summary for c in results.contradictions)
    write_lineage(store, settings, folder, loaded=loaded, dates=dates, tables=tables)
    facts = {
        "seed": settings.seed,
        "as_of": [str(d) for d in dates],
        "counts": [asdict(c) for c in loaded.counts],
        "absent": list(loaded.absent),
        "filled": {name: str(since) for name, since in filled_columns(store).items() if since < dates[-1]},
        "notes": [
            *ended,
            *sources.notes(),
            *unsettled_notes(results.comparisons, results.contradictions),
            *loaded.notes,
        ],
        **reading_facts(loaded, work.pseudonyms),
        "skipped": list(_skipped(store, settings, dates[-1])),
        "warnings": list(run_warnings(loaded, selections, rule_selections)),
        "source_gaps": [gap.to_json() for gap in sources.gaps],
        "reach": reach_to_json(sources),
        "practice_changes": [change.to_json() for change in sources.changes],
        "purposes": settings.in_force.to_json(),
        "own_files": [{"kind": f.kind, "path": f.place, "sha256": f.sha256} for f in settings.own_files],
        "selections": [asdict(s) | {"as_of": str(s.as_of)} for s in selections],
        "contradictions": [asdict(s) | {"as_of": str(s.as_of)} for s in rule_selections],
    }
    rows = {path: table_digest(table) for path, table in tables.items()}
    return WholeStage(tuple(loaded.inputs), facts, rows)


def _loaded(stage: WholeStage, source: str) -> LoadReport:
    """Return what loading said, of a run that is gone on with; its constraints are in the folder `validation/`."""
    counts = tuple(TableCount(**count) for count in stage.facts["counts"])
    absent, notes = stage.facts["absent"], stage.facts["notes"]
    return LoadReport(source, stage.inputs, counts, tuple(absent), tuple(notes), ())


def _finished(folder: RunFolder, loaded: LoadReport, stage: WholeStage) -> Finished:
    facts = stage.facts
    selections, rules = (
        [one | {"as_of": date.fromisoformat(one["as_of"])} for one in facts[name]]
        for name in ("selections", "contradictions")
    )
    return Finished(
        folder,
        loaded,
        tuple(SelectionSummary(**one) for one in selections),
        tuple(RuleSelectionSummary(**one) for one in rules),
        len(folder.table("flags")),
        tuple(facts["skipped"]),
        tuple(facts["warnings"]),
    )


def check_as_of(days: Iterable[date]) -> None:
    """Check that as-of dates lie within the days that records may have.

    Raises:
        UsageError: one does not.

    Example:
        >>> check_as_of([date(2026, 1, 1)])
    """
    beyond = [str(day) for day in days if not is_as_of_day(day)]
    if beyond:
        raise UsageError(
            "An as-of date lies outside the days that records may have.",
            expected=f"a day after {EARLIEST_DAY} and no later than {LATEST_DAY}",
            found=", ".join(beyond),
        )


def _copy_own_files(settings: Settings, folder: Path) -> None:
    """Keep the user's own files with the run, so that it can be replayed where they are not, or have changed since."""
    for file in settings.own_files:
        copy = folder / file.place
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(Path(file.path).read_bytes())


@contextmanager
def _opened(records: Path, *, beside: Path, threads: int | None) -> Iterator[Store]:
    """Give a store for the records of a folder: in memory, or where they are many in a file beside the run, then gone.

    Where the rows lie changes no result. A file is compressed and takes a fifth of the room, and what does not fit in
    the memory allowed waits on disk.
    """
    if sum(file.stat().st_size for file in records.rglob("*") if file.is_file()) < LARGE:
        with Store(threads=threads) as store:
            yield store
        return
    beside.parent.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(dir=beside.parent, prefix=f".{beside.name}.database-") as folder,
        Store(threads=threads, path=str(Path(folder) / "run.duckdb"), memory=MEMORY) as store,
    ):
        yield store


def _withdraw_audit_only(store: Store) -> None:
    """Drop what only audits may read: checked like every table, then out of reach of every stage that follows."""
    for table in CONTRACT:
        if table.audit_only:
            store.run(f"DROP TABLE IF EXISTS loaded.{table.name}")


TABLES: Final = ("features", "subjects", "scores", "flags", "evidence", "practices", "nulls")
"""The tables of every run folder, by the names of `Results`."""

PAST_TABLES: Final = ("history", "standings", "excess")
"""The tables of a run that looks for excess."""


def _write_tables(results: Results, folder: Path, settings: Settings) -> dict[str, pa.Table]:
    """Write the tables of a run, the lines of its ledger and the queries behind practices; return the tables by path.

    What is sealed of the tables is taken from them as they are here, so that none of the files is read again for it.
    """
    names = [*TABLES, *(PAST_TABLES if settings.excess.concerns else ())]
    own: dict[str, pa.Table] = {name: getattr(results, name) for name in names}
    loaded = loaded_tables(results.kept)
    tables = {f"{name}.parquet": rows for name, rows in own.items()}
    tables |= {f"loaded/{name}.parquet": rows for name, rows in loaded.items()}
    for path, rows in tables.items():
        write_table(rows, folder / path)
    write_lines(table_lines(own, loaded), folder)
    for name, query in results.practice_rows.items():
        file = folder / "lineage" / "practices" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(query + "\n", encoding="utf-8")
    return tables


def _skipped(store: Store, settings: Settings, as_of: date) -> tuple[str, ...]:
    present = present_in(store, as_of)
    _, indicators = computable(settings.indicators, present)
    lines = [
        f"indicator {s.indicator}: needs {', '.join(s.absent)}"
        if s.absent
        else f"indicator {s.indicator}: not needed where there is {', '.join(s.needless)}"
        for s in indicators
    ]
    lines += [f"rule {name}: needs {', '.join(absent)}" for name, absent in skipped_rules(settings.rules, present)]
    return tuple(lines)
