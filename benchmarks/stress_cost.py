"""What a world and a cell of a stress plan cost at several sizes: what `opencse stress --estimate` rests on.

    python benchmarks/stress_cost.py

Each size runs in a process of its own: the world is made, then a twin, the controls and some scenarios, each timed in
processor seconds of the process. Lines are laid by least squares through the worlds, through the controls, and through
the means of all other cells.
"""

from __future__ import annotations

import argparse
import json
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
    from data.synthetic.memory_world import make_world
    from stress.cell import run_cell
    from stress.plan import StressPlan

    plan = StressPlan(title="-", worlds=("demo",), people=(people,), months=months, seeds=1, scenarios=SCENARIOS)
    cells = [cell for n, cell in enumerate(plan.cells()) if n < 2 or cell.dose > 0]
    started = time.process_time()
    make_world(cells[0].resolved_world)
    world, seconds = time.process_time() - started, []
    with tempfile.TemporaryDirectory() as folder:
        run_cell(cells[0], Path(folder))  # makes the world once more, for all that follow, and loads the libraries
        for cell in cells:
            started = time.process_time()
            run_cell(cell, Path(folder))
            seconds.append(time.process_time() - started)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    return {"people": people, "months": months, "world": world, "cells": seconds, "bytes": size / len(cells)}


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
