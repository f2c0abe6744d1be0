"""What researchers call from Python: runs, their checks and audits, worlds and stress plans, with pandas in and out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from audit.flag.explanation import Explanation
    from audit.flag.replay import ReplayResult
    from audit.flag.verify import CheckResult
    from audit.rates.rate_options import RateOptions
    from audit.rates.truth_tables import Truth
    from audit.specification.curve_report import CurveReport
    from data.synthetic.generate import Generated
    from data.synthetic.world import World
    from pipeline.given_ids import GivenIds
    from pipeline.loading import Records
    from pipeline.run_folder import RunFolder
    from pipeline.settings import Settings
    from pipeline.trial import Trial
    from stress.controls.verdict import ControlVerdict
    from stress.harness import PlanRun


@dataclass(frozen=True)
class Run:
    """A finished run: its tables as data frames, a row for what each line of `docs/reference/run-folder.md` says.

    Where ids of the records were texts and the list of them lies beside the run, the texts stand in columns beside the
    numbers: `subject`, `officer`, `unit`, `team`, `area`, and of evidence `row`.
    """

    folder: RunFolder

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def manifest(self) -> Mapping[str, object]:
        """Everything that determined the run, and the SHA-256 of every file that went in and came out."""
        return self.folder.manifest

    @property
    def settings(self) -> Settings:
        """The settings that the run was made with."""
        return self.folder.settings

    @cached_property
    def flags(self) -> pd.DataFrame:
        """The flags, a row each."""
        return self.table("flags")

    @cached_property
    def scores(self) -> pd.DataFrame:
        """What every detector, baseline and rule says of whom."""
        return self.table("scores")

    @cached_property
    def features(self) -> pd.DataFrame:
        """Every value of every indicator, with exposure, rows behind it and status."""
        return self.table("features")

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """The source rows behind each flag, with their digests."""
        return self.table("evidence")

    @cached_property
    def subjects(self) -> pd.DataFrame:
        """Who was looked at on each as-of date, with role, rank, team and area."""
        return self.table("subjects")

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the run's Parquet tables by file name.

        Raises:
            VerificationFailed: the file is missing or cannot be read.
        """
        rows: pd.DataFrame = self._ids.columns(self.folder.table(name)).to_pandas()
        return rows

    @cached_property
    def _ids(self) -> GivenIds:
        from pipeline.given_ids import given_ids

        return given_ids(self.folder)


def run(
    records: Path | str,
    *,
    out: Path | str,
    settings: Settings | None = None,
    source: str = "folder",
    as_of: Sequence[date] = (),
    threads: int | None = None,
    overwrite: bool = False,
    pseudonymise: Path | str | None = None,
) -> Run:
    """Run the whole pipeline on a folder of records and write one run folder, whole or not at all.

    Without settings the defaults are taken, without as-of dates the day after the last on which anything became known.
    `threads` is at most the number of processors; a larger one is noted on standard error. `pseudonymise` names the
    file of a key: people and units are then known by pseudonyms made with it.

    Raises:
        UsageError: the settings, the as-of dates or the output folder cannot be used.
        InputRejected: the records cannot be read as what they claim to be.

    Example:
        >>> import opencse
        >>> opencse.run("no/such/folder", out="build/run")
        Traceback (most recent call last):
        ...
        data.errors.InputRejected: The records folder cannot be opened.
          expected: a folder with one file per table
          found: nothing there
          where: no/such/folder
    """
    from dossier.run_page import run_page
    from opencse.options import bounded_threads
    from pipeline.pseudonyms import read_key
    from pipeline.run import run as run_pipeline
    from pipeline.settings import load

    finished = run_pipeline(
        Path(records),
        out=Path(out),
        settings=settings or load(),
        source=source,
        as_of=as_of,
        threads=bounded_threads(threads, "threads"),
        overwrite=overwrite,
        page=run_page,
        pseudonyms=None if pseudonymise is None else read_key(Path(pseudonymise), apart_from=Path(out)),
    )
    return Run(finished.folder)


def open_run(path: Path | str, *, trust_code: bool = False) -> Run:
    """Open a finished run; files of its maker's own that took part in it run again only with `trust_code`.

    Raises:
        UsageError: there is no run there.
    """
    from pipeline.run_folder import open_run as open_folder

    return Run(open_folder(Path(path), trust_code=trust_code))


def try_records(
    records: Records | Path | str,
    *,
    settings: Settings | None = None,
    as_of: Sequence[date] = (),
    evidence: bool = False,
) -> Trial:
    """Run on records in memory, or on a folder of Parquet files, without writing anything; see `pipeline.trial`.

    Example:
        >>> import opencse
        >>> world = opencse.make_world(opencse.load_world("tiny", people=60, months=2))
        >>> opencse.try_records(world.records).flags.column_names[:2]
        ['flag_id', 'subject_kind']
    """
    from pipeline.settings import load
    from pipeline.trial import try_records as try_given

    place = Path(records) if isinstance(records, str) else records
    return try_given(place, settings=settings or load(), as_of=as_of, evidence=evidence)


def verify(run: Run, *, records: Path | str | None = None) -> list[CheckResult]:
    """Check every hash of a run folder, and with `records` the files it read; nothing is computed anew."""
    from audit.flag.verify import verify as verify_folder
    from dossier.run_page import run_page

    return verify_folder(run.folder, records=Path(records) if records is not None else None, page=run_page)


def replay(run: Run, flag: str | None = None) -> list[ReplayResult]:
    """Compute one flag, or all, again from their evidence rows, and compare to the bit.

    Raises:
        UsageError: no flag's id, or more than one, begins so.
        CodeNotTrusted: code of its maker's own took part in the run, and it was opened without `trust_code`.
    """
    from audit.flag.replay import replay as replay_folder

    return replay_folder(run.folder, flag)


def explain(run: Run, flag: str, *, rows: int = 5) -> Explanation:
    """Say why a flag was raised: compared with whom, on which rows, and what would have kept it from being raised.

    Raises:
        UsageError: no flag's id, or more than one, begins so.
    """
    from audit.flag.explanation import explain as explain_flag
    from audit.flag.given_explanation import with_given_ids
    from pipeline.given_ids import given_ids

    return with_given_ids(explain_flag(run.folder, flag, rows=rows), given_ids(run.folder))


def load_truth(folder: Path | str, *, records: Path | str | None = None) -> Truth:
    """Return the truth of a synthetic world from its folder; see `Truth`.

    Raises:
        UsageError: the folder is not there or holds no truth.
    """
    from audit.rates.inputs import read_truth

    return read_truth(Path(folder), records=Path(records) if records is not None else None)


def rates(
    result: Run | Trial,
    *,
    truth: Truth | None = None,
    people: pd.DataFrame | None = None,
    units: pd.DataFrame | None = None,
    options: RateOptions | None = None,
) -> pd.DataFrame:
    """Return every error rate of a run or a trial: a row for each value, with its interval, size and status.

    `people` has officer_id with any of the protected characteristics and joined_on, `units` unit_id and name. Without
    truth there are no error rates, only how often flags fall on whom. What a reader must know of a truth that was
    read from a folder is a warning. Columns: `docs/reference/rates.md`.

    Raises:
        UsageError: the truth is of another world than the run.
    """
    from audit.rates import RateOptions as Defaults
    from audit.rates.audit_inputs import AuditInputs
    from audit.rates.inputs import Background
    from audit.rates.rates_report import reported_rates

    tables = _measured(result, truth)
    inputs = AuditInputs(
        flags=tables["flags"],
        subjects=tables["subjects"],
        scores=tables["scores"],
        evidence=tables.get("evidence"),
        truth=truth,
        about=Background(people, units),
    )
    return reported_rates(inputs, options or Defaults())


def rates_of_list(
    flags: Path | str,
    *,
    records: Path | str,
    truth: Truth | None = None,
    source: str = "folder",
    options: RateOptions | None = None,
) -> pd.DataFrame:
    """Return the error rates of another tool's list of flags, measured as a run's own; see `audit.rates.other_tools`.

    `flags` is a CSV file with the columns subject, concern and date; `records` is what the tool worked on. Beside the
    list stands every detector and baseline at the same workload. Columns: `docs/reference/rates.md`.

    Raises:
        InputRejected: the list or the records cannot be used.

    Example:
        >>> import opencse
        >>> opencse.rates_of_list("no/such/list.csv", records="no/such/folder")
        Traceback (most recent call last):
        ...
        data.errors.InputRejected: The list of flags cannot be opened.
          expected: a CSV file with the columns subject, concern, date, and where known kind, score, cited
          found: nothing there
          where: no/such/list.csv
    """
    from audit.rates import RateOptions as Defaults
    from audit.rates.inputs import read_background
    from audit.rates.other_tools import check_list, list_report

    place = Path(records)
    check_list(Path(flags))  # its faults are named before the records are read
    report = list_report(
        Path(flags),
        records=place,
        source=source,
        truth=truth,
        about=read_background(place, source=source),
        options=options or Defaults(silent=False),
        sweeps=False,
    )
    return report.rates


def _measured(result: Run | Trial, truth: Truth | None) -> dict[str, pa.Table]:
    from audit.rates.provenance import measured_tables

    if not isinstance(result, Run):
        return {"flags": result.flags, "subjects": result.subjects, "scores": result.scores}
    tables, notes = measured_tables(result.folder, truth=truth)
    _warn(notes)
    return tables


def _warn(notes: Sequence[str]) -> None:
    for note in notes:
        warnings.warn(note, stacklevel=4)


def generate(world: World, *, out: Path | str, threads: int = 1) -> Generated:
    """Write a synthetic world to a new folder: its records, and apart from them the truth.

    Raises:
        UsageError: the folder exists.
    """
    from data.synthetic.generate import generate as write_world
    from opencse.options import bounded_workers

    return write_world(world, out=Path(out), threads=bounded_workers(threads, "threads"))


def controls(
    world: World, *, settings: Settings | None = None, seeds: int = 1, names: Sequence[str] | None = None
) -> list[ControlVerdict]:
    """Run the negative controls on a world: look for something where nothing is to be found, and say what came out."""
    from pipeline.settings import load
    from stress.controls.control_runs import run_controls, world_input

    return run_controls(world_input(world, settings=settings or load(), seeds=seeds), names=names)


def specifications(
    run: Run, *, plan: Path | str | None = None, truth: Truth | None = None, workers: int = 1
) -> CurveReport:
    """Run every combination of defensible choices on what a run computed, and count for each flag what raises it.

    Raises:
        UsageError: the plan cannot be used, or the truth is of another world than the run.
        VerificationFailed: the run's own settings do not flag whom the run flagged.
    """
    from audit.rates.provenance import world_notes
    from audit.specification.choices import load_plan
    from audit.specification.curve import draw_curve
    from audit.specification.curve_report import report
    from audit.specification.run_values import RunValues
    from opencse.options import bounded_workers

    choices = load_plan(Path(plan) if plan is not None else None)
    _warn(world_notes(run.folder, truth=None if truth is None else truth.folder))
    return report(
        draw_curve(RunValues.of_run(run.folder), choices, truth=truth, workers=bounded_workers(workers, "workers"))
    )


def stress(plan: str, *, out: Path | str, workers: int = 1, trust_code: bool = False) -> PlanRun:
    """Run every cell of a stress plan, by its name or the path of a TOML file, that is not in the folder yet.

    Raises:
        UsageError: there is no such plan, or it cannot be used.
    """
    from opencse.options import bounded_workers
    from stress.harness import run_plan
    from stress.plan import load_plan

    number = bounded_workers(workers, "workers")
    return run_plan(load_plan(plan, trust_code=trust_code), Path(out), workers=number)
