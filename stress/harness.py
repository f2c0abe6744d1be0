"""Running a plan: cells in parallel through joblib, resumable at any moment, failures kept apart."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import OpencseError, UsageError
from data.progress import CountProgress
from data.staging import staged_file
from stress.cell import FLAGGED, RESULTS, cell_id, run_cell
from stress.plan import Cell, StressPlan

CELLS, FAILURES, STARTED = "cells", "failures", "started"
"""Folders of a stress folder: finished cells, what went wrong with others, and which are or were under way."""

PLAN: Final = "plan.json"
"""The file that says which plan the results of a stress folder are of, with every setting filled in."""

LONGEST: Final = 6
"""The most cells that a worker is handed at once; all are of one world, which it makes only once."""

BACKENDS: Final = ("loky", "threading", "multiprocessing", "dask", "ray", "spark")
"""The names of joblib's backends; the last three need libraries and a cluster of the user's own."""

CLUSTERS: Final = {
    "dask": ("distributed", ""),
    "ray": ("ray.util.joblib", "register_ray"),
    "spark": ("joblibspark", "register_spark"),
}
"""The library of each cluster's backend, and the function in it that makes it known to joblib."""


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
    plan: StressPlan, out: Path, *, workers: int = 1, backend: str = "loky", progress: CountProgress | None = None
) -> PlanRun:
    """Run every cell of a plan that is not there yet, and put all of them together as two tables.

    `out` gets `plan.json`, the plan with all its settings, and `cells/`, one pair of files a cell, and from them
    `results.parquet` and `flagged.parquet`, whose bytes depend on the plan and the code alone: not on workers, the
    backend, or on how often the plan was stopped and run again. Cells that failed are listed in `failures/`, left out
    of the tables, and tried again the next time.

    Raises:
        UsageError: the backend is unknown or not installed.
    """
    report = progress or (lambda _: None)
    cells = {cell_id(cell): cell for cell in plan.cells()}
    folder = out / CELLS
    pending = [cell for name, cell in cells.items() if not (folder / f"{name}.parquet").is_file()]
    report(len(cells) - len(pending))
    for name in (FAILURES, STARTED):
        shutil.rmtree(out / name, ignore_errors=True)
        (out / name).mkdir(parents=True)
    # What is there of an earlier plan says nothing of this one, until its own results are there.
    (out / PLAN).unlink(missing_ok=True)
    with _backend(backend, workers):
        _run(pending, out, workers=workers, in_process=workers == 1, report=report)
    shutil.rmtree(out / STARTED)
    finished = [name for name in cells if (folder / f"{name}.parquet").is_file()]
    _assemble([folder / f"{name}.parquet" for name in finished], out / "results.parquet", RESULTS)
    _assemble([folder / f"{name}.flagged.parquet" for name in finished], out / "flagged.parquet", FLAGGED)
    _write_json(plan.resolved(), out / PLAN)
    failures = read_failures(out)
    return PlanRun(out, len(cells), len(cells) - len(pending), failures)


def _run(cells: Sequence[Cell], out: Path, *, workers: int, in_process: bool, report: CountProgress) -> None:
    """Run cells; when a worker dies, run those it had begun one by one, each in a process that may die alone."""
    pending = list(cells)
    while pending:
        try:
            for count in _in_parallel(chunks(pending, workers=workers), out, in_process=in_process):
                report(count)
            return
        except Exception as error:
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

    # Clusters' backends cannot stream; there progress is told at the end.
    streams = getattr(get_active_backend()[0], "supports_return_generator", False)
    kind = "generator_unordered" if streams else "list"
    yield from Parallel(return_as=kind, batch_size=1, pre_dispatch="2*n_jobs")(delayed(work)(p, out) for p in pieces)


def chunks(cells: Sequence[Cell], *, workers: int) -> list[list[Cell]]:
    """Split cells into pieces of one world each, small enough that no worker is left with a long last one.

    Example:
        >>> from stress.plan import load_plan
        >>> cells = load_plan("quick").cells()
        >>> [len(piece) for piece in chunks(cells, workers=2)]
        [3, 3, 3, 1, 3, 3, 3, 1, 3, 3, 3, 1]
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
            summary = error.summary if isinstance(error, OpencseError) else f"{type(error).__name__}: {error}"
            write_failure(cell, out, error=summary, details=traceback.format_exc())
        count += 1
    return count


def _run_alone(cell: Cell, out: Path, cause: Exception) -> None:
    # Spawned, not forked: a fork would inherit threads and locks of the libraries that have just lost a worker.
    process = multiprocessing.get_context("spawn").Process(target=work, args=([cell], out))
    process.start()
    process.join()
    if not ended(cell, out):
        summary = f"The process that ran it died (exit code {process.exitcode})."
        write_failure(cell, out, error=summary, details=f"{summary}\n{cause!r}")


def ended(cell: Cell, out: Path) -> bool:
    """Say whether a cell is finished or has failed."""
    name = cell_id(cell)
    return (out / CELLS / f"{name}.parquet").is_file() or (out / FAILURES / f"{name}.json").is_file()


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
    """Return the failed cells of a stress folder, by world, size, seed, set, scenario and dose."""
    failures = [CellFailure(**json.loads(p.read_text(encoding="utf-8"))) for p in (out / FAILURES).glob("*.json")]
    return tuple(sorted(failures, key=lambda f: (f.world, f.people, f.seed, f.set, f.scenario, f.dose)))


def read_plan(out: Path) -> dict[str, Any]:
    """Return the plan that the results of a stress folder are of, as `StressPlan.resolved` gives it.

    Raises:
        UsageError: the folder does not say.
    """
    path = out / PLAN
    if not path.is_file():
        raise UsageError(
            "This folder does not say which plan its results are of.",
            expected=f"a folder written by 'opencse stress', with {PLAN}",
            where=str(out),
            hint="Give the command that made it again: what is done is not done again.",
        )
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _assemble(files: Sequence[Path], out: Path, schema: pa.Schema) -> None:
    """Put the cells' tables one after another into one file, a row group each, written whole or not at all."""
    partial_file = out.with_name(f".{out.name}")
    # One cell at a time in memory, and in the plan's order, so that neither workers nor restarts show in the bytes.
    with pq.ParquetWriter(partial_file, schema, compression="zstd") as writer:
        for path in files:
            rows = pq.read_table(path, schema=schema)
            if len(rows):
                writer.write_table(rows, row_group_size=len(rows))
    partial_file.replace(out)


@contextmanager
def _backend(name: str, workers: int) -> Iterator[None]:
    if name not in BACKENDS:
        raise UsageError(f"There is no backend '{name}'.", expected=f"one of {', '.join(BACKENDS)}")
    if workers == 1 and name in ("loky", "threading", "multiprocessing"):
        yield
        return
    from joblib import parallel_config

    _register(name)
    limits: dict[str, Any] = {"inner_max_num_threads": 1} if name == "loky" else {}
    with parallel_config(backend=name, n_jobs=workers, **limits):
        yield


def _register(name: str) -> None:
    """Make a cluster's backend known to joblib, which looks for it in a library of its own.

    Dask needs nothing but to be there: joblib finds the client that the user has opened.
    """
    library, function = CLUSTERS.get(name, ("", ""))
    if not library:
        return
    try:
        module = import_module(library)
    except ImportError as error:
        package = library.split(".")[0]
        raise UsageError(
            f"The backend '{name}' is not installed.",
            expected=f"the library {package}, and a cluster to connect to",
            found=str(error),
            hint=f"Install {package}, or use --backend loky.",
        ) from error
    if function:
        getattr(module, function)()
