"""The command `stress`: run a stress plan, and go on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import CellsFailed, UsageError
from opencse.command import Command
from opencse.options import AsJson, TrustCode, Workers, bounded_workers
from opencse.terminal import counted, print_json, print_note, print_table, print_text

if TYPE_CHECKING:
    from stress.harness import CellFailure
    from stress.plan import StressPlan

LISTED = 10
"""How many failures are listed; the folder `failures` has all."""


def stress(
    plan: Annotated[str, typer.Argument(help="A plan: quick, standard, full, or a .toml file.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the cells and results; run again to go on where it stopped.")
    ] = None,
    workers: Workers = 1,
    backend: Annotated[str, typer.Option(help="loky, threading or multiprocessing here; dask on a cluster.")] = "loky",
    address: Annotated[str, typer.Option(help="Where the cluster's scheduler listens, as in tcp://HOST:8786.")] = "",
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say how many cells, how long and how much disk; run and write nothing.")
    ] = False,
    trust_code: TrustCode = False,
    as_json: AsJson = False,
) -> None:
    """Run worlds, seeds, scenarios and doses of a plan, and put everything measured into one table."""
    from stress.harness import run_plan
    from stress.plan import load_plan

    loaded = load_plan(plan, trust_code=trust_code)
    for file in loaded.own_code:
        print_note(f"Note: {file} is not OpenCSE's, and runs because of --trust-code.")
    number = bounded_workers(workers)
    if estimate:
        _print_estimate(loaded, out, None if backend == "dask" else number, as_json=as_json)
        return
    if out is None:
        raise UsageError("There is no folder to write to.", expected="--out FOLDER", hint="Or ask with --estimate.")
    with counted(f"Stress plan {Path(plan).stem}", total=len(loaded.cells())) as progress:
        done = run_plan(loaded, out, workers=number, backend=backend, address=address, progress=progress)
    if as_json:
        counts = {"cells": done.cells, "reused": done.reused, "failed": len(done.failures)}
        failures = [vars(failure) | {"details": None} for failure in done.failures]
        print_json(counts | {"results": "results.parquet", "failures": failures})
    else:
        print_text(f"{done.cells:,} cells: {done.reused:,} were there already, {len(done.failures):,} failed.")
        print_text(f"Look: opencse stress-overview {out}")
        print_failures(done.failures)
    if done.failures:
        raise CellsFailed(
            f"{len(done.failures)} of {done.cells} cells failed.",
            found=done.failures[0].error,
            where=str(out / "failures"),
            hint="The others are done. Mend the cause and give the same command again: only these are run.",
        )


def _print_estimate(plan: StressPlan, out: Path | None, workers: int | None, *, as_json: bool) -> None:
    from pipeline.wording import duration
    from stress.plan_estimate import estimate_plan

    estimate = estimate_plan(plan, out, workers=workers)
    if as_json:
        print_json(asdict(estimate))
        return
    on = f"; {duration(estimate.seconds)} with {workers} at once" if estimate.seconds is not None else ""
    there, worlds = estimate.finished, estimate.worlds
    print_text(f"{estimate.cells:,} cells, of which {there:,} are there; {worlds:,} worlds to make.")
    print_text(
        f"About {duration(estimate.processor_seconds)} of processor time{on}; here it may be half or twice that."
    )
    print_text(f"About {max(1, round(estimate.disk_bytes / 1e6)):,} MB on disk.")


def print_failures(failures: Sequence[CellFailure]) -> None:
    """Print the first failed cells, each with its error; nothing where none failed."""
    if failures:
        rows = [(f.world, f.people, f.seed, f.set, f.scenario, f.dose, f.error) for f in failures[:LISTED]]
        print_table("Failed cells", ["world", "people", "seed", "set", "scenario", "dose", "error"], rows)


EXAMPLES = ("opencse stress quick --out build/stress --workers 2", "opencse stress standard --estimate")

COMMAND = Command(stress, panel="Test the method", examples=EXAMPLES)
