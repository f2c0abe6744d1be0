"""What a plan will cost, before anything of it runs: cells, processor time, time on the clock, disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stress.cell import cell_id
from stress.harness import CELLS, is_whole
from stress.plan import CONTROLS, Cell, StressPlan

WORLD_SECONDS: Final = (0.26, 0.082)
"""Processor seconds of a world: fixed, and for each thousand person-months. Measured as `CELL_SECONDS`."""

CONTROLS_SECONDS: Final = (13.1, 0.44)
"""The same of the controls of a world, which run its records several times over."""

CELL_SECONDS: Final = (4.1, 0.087)
"""The same of any other cell, on the average of cells that follow the twin of their world and share what it left.

Measured with `benchmarks/stress_cost.py`, which keeps its machine and its figures in `benchmarks/results`; another
machine may take half as long or twice.
"""

CELL_BYTES: Final = 90_000
"""Bytes that a cell leaves on disk, with its part of the plan's tables; hardly any depend on its size."""


@dataclass(frozen=True)
class PlanEstimate:
    """What a plan will cost: `seconds` on the clock are None where the number of workers is not known."""

    cells: int
    finished: int
    worlds: int
    processor_seconds: float
    seconds: float | None
    disk_bytes: int


def estimate_plan(plan: StressPlan, out: Path | None = None, *, workers: int | None = 1) -> PlanEstimate:
    """Estimate what is left of a plan, with what is finished in a folder taken off; nothing is run or written.

    `workers` is None for a cluster, whose workers are not known before.

    Example:
        >>> from stress.plan import load_plan
        >>> estimate = estimate_plan(load_plan("quick"), workers=2)
        >>> estimate.cells, estimate.worlds, estimate.seconds == estimate.processor_seconds / 2
        (21, 3, True)
    """
    cells = plan.cells()
    folder = None if out is None else out / CELLS
    pending = [cell for cell in cells if folder is None or not is_whole(folder, cell_id(cell))]
    worlds = {(cell.world, cell.people, cell.seed): cell for cell in pending}
    controls = [cell for cell in pending if cell.scenario == CONTROLS]
    others = [cell for cell in pending if cell.scenario != CONTROLS]
    seconds = _seconds(list(worlds.values()), WORLD_SECONDS)
    seconds += _seconds(controls, CONTROLS_SECONDS) + _seconds(others, CELL_SECONDS)
    return PlanEstimate(
        cells=len(cells),
        finished=len(cells) - len(pending),
        worlds=len(worlds),
        processor_seconds=seconds,
        seconds=None if workers is None else seconds / workers,
        disk_bytes=CELL_BYTES * len(pending),
    )


def _seconds(cells: Sequence[Cell], cost: tuple[float, float]) -> float:
    fixed, for_each_thousand = cost
    return sum(fixed + for_each_thousand * _person_months(cell) / 1000 for cell in cells)


def _person_months(cell: Cell) -> int:
    return cell.people * (cell.months or cell.resolved_world.months)
