"""How the cost of a cell of a stress plan grows with the force: a twin, and a scenario that touches every table.

    python benchmarks/stress_growth.py [--sizes 500 2000 10000 46000] [--months 24]

Each size runs in a process of its own: the libraries are loaded by a cell of another world, the world is made, then its
twin and one cell of `duplicates` are run as a plan runs them, in processor seconds of the process. Controls, which need
a second world in memory, are left out.
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

from _worlds import write_result

SCENARIO, DOSE = "duplicates", 0.2


def costs(people: int, months: int) -> dict[str, Any]:
    """Return the processor seconds of a world, its twin and a cell, and the most memory that the process held."""
    from stress.cell import run_cell, world_in_memory
    from stress.plan import CONTROLS, Cell, StressPlan

    def cells_of(seed: int, size: int) -> list[Cell]:
        """Return the twin and the cell of a world."""
        plan = StressPlan(
            title="-",
            worlds=("demo",),
            people=(size,),
            months=months,
            seeds=(seed,),
            scenarios=(SCENARIO,),
            doses={SCENARIO: (DOSE,)},
        )
        return [cell for cell in plan.cells() if cell.scenario != CONTROLS]

    with tempfile.TemporaryDirectory() as folder:
        for cell in cells_of(2, 300):
            run_cell(cell, Path(folder))
        twin, cell = cells_of(1, people)
        seconds = {}
        for name, work in (
            ("world", lambda: world_in_memory(twin.resolved_world)),
            ("twin", lambda: run_cell(twin, Path(folder))),
            ("cell", lambda: run_cell(cell, Path(folder))),
        ):
            started = time.process_time()
            work()
            seconds[name] = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = {f"{name}_ms_a_person": round(1000 * of / people, 3) for name, of in seconds.items()}
    return {"people": people, **{name: round(of, 2) for name, of in seconds.items()}, **each, "peak_mb": round(peak)}


def main() -> None:
    """Measure, print and keep."""
    about, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=about, epilog=more, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 2_000, 10_000, 46_000], help="people a force")
    parser.add_argument("--months", type=int, default=24, help="how long a history each has (24)")
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.size:
        print(json.dumps(costs(asked.size, asked.months)))
        return
    measured = []
    for people in asked.sizes:
        command = [sys.executable, __file__, "--size", str(people), "--months", str(asked.months)]
        measured.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
        print(measured[-1], flush=True)
    write_result("stress_growth", {"months": asked.months, "scenario": f"{SCENARIO} {DOSE}", "sizes": measured})


if __name__ == "__main__":
    main()
