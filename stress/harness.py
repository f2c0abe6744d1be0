"""Running a plan: cells in parallel through joblib, resumable at any moment, failures kept apart."""

from __future__ import annotations

import errno
import json
import multiprocessing
import shutil
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import InputRejected, UsageError, summary_of
from data.progress import CountProgress
from data.staging import locked, staged_file
from stress.cell import FLAGGED, RESULTS, cell_id, run_cell
from stress.effects import unreadable
from stress.interruption import prompt_ending
from stress.plan import Cell, StressPlan

CELLS, FAILURES, STARTED = "cells", "failures", "started"
"""Folders of a stress folder: finished cells, what went wrong with others, and which are or were under way."""

PLAN: Final = "plan.json"
"""The file that says which plan the results of a stress folder are of, with every setting filled in."""

LONGEST: Final = 6
"""The most cells that a worker is handed at once; all are of one world, which it makes only once."""

CLUSTER_WORKERS: Final = 32
"""For how many workers a plan is cut into pieces where a cluster runs it."""

BACKENDS: Final = ("loky", "threading", "multiprocessing", "dask")
"""joblib's backends on this machine, and Dask on others: it needs the extra `cluster` and a scheduler's address."""

_PLAN_KEYS: Final = {"title": str, "worlds": dict, "sets": dict}

_DISK_FAULTS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)


@dataclass(frozen=True)
class CellFailure:
    """A cell that could not be run: which, and why, in one line and in full."""

    cell: str
    world: str
    people: int
    seed: int
    set: str
    scenario: str
    dose: float
    error: str
    details: str


@dataclass(frozen=True)
class PlanRun:
    """A plan that was run: how many cells it has, how many were there already, and which failed."""

    out: Path
    cells: int
    reused: int
    failures: tuple[CellFailure, ...]


def run_plan(
    plan: StressPlan,
    out: Path,
    *,
    workers: int = 1,
    backend: str = "loky",
    address: str = "",
    progress: CountProgress | None = None,
) -> PlanRun:
    """Run every cell of a plan that is not there yet, and put all of them together as two tables.

    `out` gets `plan.json`, the plan with all its settings, and `cells/`, one pair of files a cell, and from them
    `results.parquet` and `flagged.parquet`, whose bytes depend on the plan and the code alone: not on workers, the
    backend, or on how often the plan was stopped and run again. Cells that failed are listed in `failures/`, left out
    of the tables, and tried again the next time.

    With the backend `dask` cells are run by the workers of the scheduler at `address`, as many as it has, and only this
    machine writes to `out`.

    One command at a time writes to a folder. Ctrl-C and SIGTERM end it soon, with no worker left and every finished
    cell whole; a cell whose file cannot be read is run again.

    Raises:
        UsageError: the backend is unknown or not installed; there is no usable cluster at the address; another command
            is writing to the folder.
        MachineFault: the cluster was lost on the way.
    """
    _check_backend(backend, address)
    cells = {cell_id(cell): cell for cell in plan.cells()}
    out.mkdir(parents=True, exist_ok=True)
    with locked(out / PLAN), prompt_ending():
        pending = _prepared(cells, out)
        report = progress or (lambda _: None)
        report(len(cells) - len(pending))
        if backend == "dask":
            _run_on_cluster(pending, out, address=address, report=report)
        else:
            with _backend(backend, workers):
                _run(pending, out, workers=workers, in_process=workers == 1, report=report)
        _put_together(plan, cells, out)
        return PlanRun(out, len(cells), len(cells) - len(pending), read_failures(out))


def _prepared(cells: dict[str, Cell], out: Path) -> list[Cell]:
    """Clear what an earlier start left half done, and return the cells that are not there."""
    _clear_leftovers(out)
    folder = out / CELLS
    pending = [cell for name, cell in cells.items() if not is_whole(folder, name)]
    for name in (FAILURES, STARTED):
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
    # What is there of an earlier plan says nothing of this one, until its own results are there.
    (out / PLAN).unlink(missing_ok=True)
    return pending


def _put_together(plan: StressPlan, cells: dict[str, Cell], out: Path) -> None:
    folder = out / CELLS
    shutil.rmtree(out / STARTED)
    finished = [name for name in cells if is_whole(folder, name)]
    _assemble([folder / f"{name}.parquet" for name in finished], out / "results.parquet", RESULTS)
    _assemble([folder / f"{name}.flagged.parquet" for name in finished], out / "flagged.parquet", FLAGGED)
    _write_json(plan.resolved(), out / PLAN)


def _run_on_cluster(cells: Sequence[Cell], out: Path, *, address: str, report: CountProgress) -> None:
    from stress.cluster import outcomes

    # How many workers there are is the cluster's to know, and may change: pieces are as for a large one.
    for piece in outcomes(chunks(cells, workers=CLUSTER_WORKERS), address=address) if cells else ():
        for outcome in piece:
            # The results come last, as where a cell writes its own files: where they are, everything of the cell is.
            for name in sorted(outcome.files, key=len, reverse=True):
                with staged_file(out / CELLS / name) as temporary:
                    temporary.write_bytes(outcome.files[name])
            if outcome.error:
                write_failure(outcome.cell, out, error=outcome.error, details=outcome.details)
        report(len(piece))


def _run(cells: Sequence[Cell], out: Path, *, workers: int, in_process: bool, report: CountProgress) -> None:
    """Run cells; when a worker dies, run those it had begun one by one, each in a process that may die alone."""
    pending = list(cells)
    while pending:
        try:
            for count in _in_parallel(chunks(pending, workers=workers), out, in_process=in_process):
                report(count)
            return
        except Exception as error:
            if _stops_everything(error):
                raise
            # What the libraries raise when a worker dies differs between backends; an error of a cell never gets here.
            interrupted = [c for c in pending if (out / STARTED / cell_id(c)).exists() and not ended(c, out)]
            if not interrupted:
                raise
            for cell in interrupted:
                _run_alone(cell, out, error)
            report(len(interrupted))
            pending = [c for c in pending if not ended(c, out)]


def _in_parallel(pieces: Sequence[Sequence[Cell]], out: Path, *, in_process: bool) -> Iterator[int]:
    if in_process:
        for piece in pieces:
            for cell in piece:
                yield work([cell], out)
        return
    from joblib import Parallel, delayed
    from joblib.parallel import get_active_backend

    # Not every backend can stream; where one cannot, progress is told at the end.
    streams = getattr(get_active_backend()[0], "supports_return_generator", False)
    kind = "generator_unordered" if streams else "list"
    yield from Parallel(return_as=kind, batch_size=1, pre_dispatch="2*n_jobs")(delayed(work)(p, out) for p in pieces)


def chunks(cells: Sequence[Cell], *, workers: int) -> list[list[Cell]]:
    """Split cells into pieces of one world each, small enough that no worker is left with a long last one.

    Example:
        >>> from stress.plan import load_plan
        >>> cells = load_plan("quick").cells()
        >>> [len(piece) for piece in chunks(cells, workers=2)]
        [2, 2, 2, 1, 2, 2, 2, 1, 2, 2, 2, 1]
    """
    limit = max(1, min(LONGEST, len(cells) // (4 * workers)))
    pieces: list[list[Cell]] = []
    for cell in cells:
        current = pieces[-1] if pieces else None
        if current is not None and len(current) < limit and _place(current[0]) == _place(cell):
            current.append(cell)
        else:
            pieces.append([cell])
    return pieces


def _place(cell: Cell) -> tuple[str, int, int]:
    return cell.world, cell.people, cell.seed


def work(cells: Iterable[Cell], out: Path) -> int:
    """Run some cells and return how many came to an end; one that raises is written down as failed."""
    count = 0
    for cell in cells:
        # Only this tells which cells a worker that died took along.
        (out / STARTED / cell_id(cell)).touch()
        try:
            run_cell(cell, out / CELLS)
        except Exception as error:  # whatever a cell raises, the others are to go on
            if _stops_everything(error):
                raise
            write_failure(cell, out, error=summary_of(error), details=traceback.format_exc())
        count += 1
    return count


def _run_alone(cell: Cell, out: Path, cause: Exception) -> None:
    # Spawned, not forked: a fork would inherit threads and locks of the libraries that have just lost a worker.
    process = multiprocessing.get_context("spawn").Process(target=work, args=([cell], out))
    process.start()
    try:
        process.join()
    finally:
        process.kill()
    if not ended(cell, out):
        summary = f"The process that ran it died (exit code {process.exitcode})."
        write_failure(cell, out, error=summary, details=f"{summary}\n{cause!r}")


def ended(cell: Cell, out: Path) -> bool:
    """Say whether a cell is finished or has failed."""
    name = cell_id(cell)
    return is_whole(out / CELLS, name) or (out / FAILURES / f"{name}.json").is_file()


def write_failure(cell: Cell, out: Path, *, error: str, details: str) -> None:
    """Write down that a cell failed, and why."""
    name = cell_id(cell)
    content = {
        "cell": name,
        **{key: getattr(cell, key) for key in ("world", "people", "seed", "set", "scenario", "dose")},
        "error": error,
        "details": details,
    }
    _write_json(content, out / FAILURES / f"{name}.json")


def _write_json(content: dict[str, Any], path: Path) -> None:
    """Write a file whole or not at all."""
    with staged_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_failures(out: Path) -> tuple[CellFailure, ...]:
    """Return the failed cells of a stress folder, by world, size, seed, set, scenario and dose.

    Raises:
        InputRejected: a file cannot be read as one.
    """
    failures = []
    for path in (out / FAILURES).glob("*.json"):
        try:
            failures.append(CellFailure(**_read_json(path)))
        except TypeError as error:
            raise unreadable(path, found=str(error)) from error
    return tuple(sorted(failures, key=lambda f: (f.world, f.people, f.seed, f.set, f.scenario, f.dose)))


def read_plan(out: Path) -> dict[str, Any]:
    """Return the plan that the results of a stress folder are of, as `StressPlan.resolved` gives it.

    Raises:
        UsageError: the folder does not say.
        InputRejected: what it says cannot be read.
    """
    path = out / PLAN
    if not path.is_file():
        raise UsageError(
            "This folder does not say which plan its results are of.",
            expected=f"a folder written by 'opencse stress', with {PLAN}",
            where=str(out),
            hint="Give the command that made it again: what is done is not done again.",
        )
    content = _read_json(path)
    absent = [key for key, kind in _PLAN_KEYS.items() if not isinstance(content.get(key), kind)]
    if absent:
        raise unreadable(path, found=f"no {', '.join(absent)} as a plan has it")
    return content


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(path, found=str(error) or type(error).__name__) from error
    if not isinstance(content, dict):
        raise unreadable(path, found=f"a {type(content).__name__}")
    return content


def _assemble(files: Sequence[Path], out: Path, schema: pa.Schema) -> None:
    """Put the cells' tables one after another into one file, a row group each, written whole or not at all."""
    # One cell at a time in memory, and in the plan's order, so that neither workers nor restarts show in the bytes.
    with staged_file(out) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for path in files:
            rows = _read_cell(path, schema)
            if len(rows):
                writer.write_table(rows, row_group_size=len(rows))


def _read_cell(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        return pq.read_table(path, schema=schema)
    except (pa.ArrowException, OSError) as error:
        # Its footer was whole, and its pages are not: the next start is to find no such cell.
        path.unlink(missing_ok=True)
        raise InputRejected(
            "The file of a finished cell cannot be read.",
            found=str(error).splitlines()[0],
            where=str(path),
            hint="It was removed. Give the same command again: only this cell is run.",
        ) from error


def is_whole(folder: Path, name: str) -> bool:
    """Return whether a cell's two files are there, with a footer that can be read and the columns of this version.

    A power cut may leave a name with an empty file behind, whatever a program does.
    """
    return all(
        _has_schema(folder / f"{name}{ending}", schema)
        for ending, schema in ((".parquet", RESULTS), (".flagged.parquet", FLAGGED))
    )


def _has_schema(path: Path, schema: pa.Schema) -> bool:
    try:
        columns: pa.Schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return False
    return bool(columns.names == schema.names)


def _clear_leftovers(out: Path) -> None:
    """Remove half-written files of a command that was killed; whoever still writes here holds the lock."""
    for folder in (out, out / CELLS):
        for path in folder.glob(".*.unfinished-*"):
            path.unlink(missing_ok=True)


def _stops_everything(error: BaseException) -> bool:
    """Return whether an error is of the disk and not of a cell, so that all other cells would fail as well."""
    return isinstance(error, OSError) and error.errno in _DISK_FAULTS


@contextmanager
def _backend(name: str, workers: int) -> Iterator[None]:
    if workers == 1:
        yield
        return
    from joblib import parallel_config

    limits: dict[str, Any] = {"inner_max_num_threads": 1} if name == "loky" else {}
    with parallel_config(backend=name, n_jobs=workers, **limits):
        yield


def _check_backend(name: str, address: str) -> None:
    """Check that there is such a backend, and that it goes with the address.

    Raises:
        UsageError: one of both does not hold.
    """
    if name not in BACKENDS:
        raise UsageError(f"There is no backend '{name}'.", expected=f"one of {', '.join(BACKENDS)}")
    if name == "dask" and not address:
        raise UsageError(
            "The backend 'dask' needs to know where the cluster is.",
            expected="the address of its scheduler: --address tcp://HOST:PORT",
            hint="docs/how-to/run-on-a-cluster.md says how to start one. On one machine use --backend loky.",
        )
    if address and name != "dask":
        raise UsageError(
            f"The backend '{name}' works on this machine and takes no address.", hint="Add --backend dask."
        )
