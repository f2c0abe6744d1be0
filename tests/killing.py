"""Runs and plans in processes of their own, which can be killed at a drawn moment, at a fraction of a command's price.

They are forked from a process that has imported what runs and plans need, and begin at once.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

import pipeline.run as run_module
from pipeline.settings import load
from stress.harness import run_plan
from stress.plan import load_plan
from tests.small_force import AS_OF

HEAVY = ("great_expectations", "duckdb_engine", "sqlalchemy", "sklearn.ensemble", "pipeline.validation.expectations")
"""What runs import when they get there."""

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([*HEAVY, "tests.killing"])

SETTINGS = """
[models]
detectors = ["peer_rate"]
"""
"""One detector is enough: what is tested is how a run is written, not what it finds."""


def run_small(records: Path, out: Path, config: Path, resume: bool) -> None:
    """Run on the records of a small force."""
    run_module.run(records, out=out, settings=load(config), as_of=[AS_OF], threads=1, resume=resume)


def run_small_plan(plan: Path, out: Path) -> None:
    """Run a stress plan in this process."""
    run_plan(load_plan(str(plan)), out)


Work = Callable[..., None]


def finish(work: Work, *given: object) -> float:
    """Do something in a process of its own, which must end well; return the seconds of processor it took."""
    process = CONTEXT.Process(target=work, args=given)
    process.start()
    used = 0.0
    while process.is_alive():
        used = max(used, _processor_seconds(process.pid))
        time.sleep(0.01)
    process.join()
    assert process.exitcode == 0
    return used


def kill_after(seconds: float, work: Work, *given: object) -> bool:
    """Do something in a process of its own and kill it when it has used so much of the processor; was it in time?"""
    process = CONTEXT.Process(target=work, args=given)
    process.start()
    while process.is_alive() and _processor_seconds(process.pid) < seconds:
        time.sleep(0.002)
    process.kill()
    process.join()
    return process.exitcode != 0


def _processor_seconds(pid: int | None) -> float:
    """How much of the processor a process has used: by the clock, most kills on a busy machine would come too soon."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return float("inf")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
