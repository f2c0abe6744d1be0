"""What a stress plan costs beyond the bare runs it is made of, and what a second worker gains.

    python benchmarks/stress_speed.py [--people 2000] [--seeds 2] [--repeats 2]

Bare: one process that makes each world once and, for every cell, disturbs its records, runs on them and measures the
rates, sharing what the cells of a world share: what anybody would write in a loop, without cells on disk, provenance,
resuming or failures kept apart. Both sides do exactly the same cells, one after the other in turn, each in a process of
its own, and the least of the repeats is taken. The overhead is measured in processor seconds; what a second worker
gains needs the wall clock, which only says something on a machine that does nothing else. There, two workers take half
of the processor seconds of both together, so these say the same: at 1.1 times those of one worker the gain is 1.8.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PLAN = """
title = "For timing"
worlds = ["demo"]
people = [{people}]
seeds = {seeds}
scenarios = ["complaint_ring", "duplicates", "late_recording", "merged_histories"]
"""


@dataclass(frozen=True)
class Cost:
    wall: float
    processor: float


def measured(*command: str) -> Cost:
    """Run this script again with a command and return what it cost, its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run([sys.executable, __file__, *command], check=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def run_bare(plan: str) -> None:
    """Run every cell of a plan in a loop and keep nothing."""
    from data.memo import remembering
    from stress.cell import measure, measure_controls, world_in_memory
    from stress.plan import CONTROLS, load_plan
    from stress.scenario_run import perform

    for cell in load_plan(plan).cells():
        world, memo = world_in_memory(cell.resolved_world)
        with remembering(memo):
            performed = perform(world, settings=cell.settings, scenario=cell.declaration, dose=cell.dose)
            measure_controls(cell, performed) if cell.scenario == CONTROLS else measure(cell, performed)


def run_harness(plan: str, workers: int) -> None:
    from stress.harness import run_plan
    from stress.plan import load_plan

    with tempfile.TemporaryDirectory() as out:
        done = run_plan(load_plan(plan), Path(out), workers=workers)
        assert not done.failures, done.failures[0]


def compare(people: int, seeds: int, repeats: int) -> dict[str, object]:
    """Return the costs of bare runs, of the harness with one worker and with two, and their ratios."""
    from stress.plan import load_plan

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        path.write_text(PLAN.format(people=people, seeds=seeds), "utf-8")
        cells = len(load_plan(str(path)).cells())
        costs: dict[str, list[Cost]] = {"bare": [], "one": [], "two": []}
        for _ in range(repeats):
            costs["bare"].append(measured("--bare", str(path)))
            costs["one"].append(measured("--harness", str(path), "--workers", "1"))
            costs["two"].append(measured("--harness", str(path), "--workers", "2"))
    wall = {name: min(c.wall for c in some) for name, some in costs.items()}
    processor = {name: min(c.processor for c in some) for name, some in costs.items()}
    return {
        "people": people,
        "cells": cells,
        "wall_seconds": {name: round(seconds, 1) for name, seconds in wall.items()},
        "processor_seconds": {name: round(seconds, 1) for name, seconds in processor.items()},
        "overhead_percent": round(100 * (processor["one"] / processor["bare"] - 1), 1),
        "two_workers_against_one": round(wall["one"] / wall["two"], 2),
        "processor_seconds_of_two_against_one": round(processor["two"] / processor["one"], 2),
        "worlds_per_minute": {name: round(60 * cells / wall[name], 1) for name in ("one", "two")},
        "worlds_per_minute_of_a_processor": round(60 * cells / processor["one"], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--bare", metavar="PLAN")
    parser.add_argument("--harness", metavar="PLAN")
    options = parser.parse_args()
    if options.bare:
        run_bare(options.bare)
    elif options.harness:
        run_harness(options.harness, options.workers)
    else:
        print(json.dumps(compare(options.people, options.seeds, options.repeats), indent=2))


if __name__ == "__main__":
    main()
