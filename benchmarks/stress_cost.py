"""What a world and a cell of a stress plan cost at several sizes: what `opencse stress --estimate` rests on.

    python benchmarks/stress_cost.py

Each size runs in a process of its own: the libraries are loaded by a cell of another world, the world is made, then a
twin, the controls and some scenarios are run as a plan runs them, each timed in processor seconds of the process. Cells
of a world share what a scenario leaves as it is: the twin, which comes first, costs most. Lines are laid by least
squares through the worlds, through the controls, and through the means of all other cells.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _worlds import write_result

SIZES = ((300, 12), (1000, 12), (1000, 24), (2000, 24))
CONTROLS_AT = 1
SCENARIOS = ("complaint_ring", "duplicates", "late_recording", "merged_histories")


def costs(people: int, months: int) -> dict[str, Any]:
    """Return the processor seconds of a world and of each of its cells, and the bytes that they leave."""
    from stress.cell import run_cell, world_in_memory
    from stress.plan import StressPlan

    def cells_of(seed: int, size: int) -> list[Any]:
        plan = StressPlan(
            title="-", worlds=("demo",), people=(size,), months=months, seeds=(seed,), scenarios=SCENARIOS
        )
        return [cell for n, cell in enumerate(plan.cells()) if n < 2 or cell.dose > 0]

    cells, seconds = cells_of(1, people), []
    with tempfile.TemporaryDirectory() as elsewhere:
        run_cell(cells_of(2, 300)[0], Path(elsewhere))
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        world_in_memory(cells[0].resolved_world)
        world = time.process_time() - started
        for cell in cells:
            started = time.process_time()
            run_cell(cell, Path(folder))
            seconds.append(time.process_time() - started)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds_of = dict(zip((f"{cell.scenario} {cell.dose}" for cell in cells), seconds, strict=True))
    costs = {"world": world, "cells": seconds, "by_cell": seconds_of, "peak_mb": peak, "bytes": size / len(cells)}
    return {"people": people, "months": months, **costs}


def line(sizes: list[float], seconds: list[float]) -> list[float]:
    """Return the fixed seconds and those for each thousand person-months."""
    slope, fixed = np.polyfit(np.array(sizes) / 1000, seconds, 1)
    return [round(float(fixed), 3), round(float(slope), 4)]


def main() -> None:
    """Measure, print and keep."""
    about, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=about, epilog=more, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=int, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.size:
        print(json.dumps(costs(*asked.size)))
        return
    measured = []
    for people, months in SIZES:
        command = [sys.executable, __file__, "--size", str(people), str(months)]
        measured.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    sizes = [m["people"] * m["months"] for m in measured]
    write_result(
        "stress_cost",
        {
            "sizes": measured,
            "world_seconds": line(sizes, [m["world"] for m in measured]),
            "controls_seconds": line(sizes, [m["cells"][CONTROLS_AT] for m in measured]),
            "cell_seconds": line(sizes, [float(np.mean(np.delete(m["cells"], CONTROLS_AT))) for m in measured]),
        },
    )


if __name__ == "__main__":
    main()
