"""The command `stress`: run a stress plan, and go on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import CellsFailed
from opencse.command import Command
from opencse.options import AsJson, TrustCode, Workers, bounded_workers
from opencse.terminal import counted, print_json, print_note, print_table, print_text

if TYPE_CHECKING:
    from stress.harness import CellFailure

LISTED = 10
"""How many failures are listed; the folder `failures` has all."""


def stress(
    plan: Annotated[str, typer.Argument(help="A plan: quick, standard, full, or a .toml file.")],
    out: Annotated[Path, typer.Option(help="Folder for the cells and results; run again to go on where it stopped.")],
    workers: Workers = 1,
    backend: Annotated[str, typer.Option(help="loky, threading or multiprocessing here; dask on a cluster.")] = "loky",
    address: Annotated[str, typer.Option(help="Where the cluster's scheduler listens, as in tcp://HOST:8786.")] = "",
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


def print_failures(failures: Sequence[CellFailure]) -> None:
    """Print the first failed cells, each with its error; nothing where none failed."""
    if failures:
        rows = [(f.world, f.people, f.seed, f.set, f.scenario, f.dose, f.error) for f in failures[:LISTED]]
        print_table("Failed cells", ["world", "people", "seed", "set", "scenario", "dose", "error"], rows)


COMMAND = Command(stress, panel="Test the method", examples=("opencse stress quick --out build/stress --workers 2",))
