"""What a specification curve will cost, before any of it is run: how many specifications, how much processor time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audit.specification.evaluation import EvaluationTask
from pipeline.wording import duration

SERIES_SECONDS: Final = (0.09, 0.07)
"""Processor seconds that a series of values takes in a task: fixed, and for each thousand subjects.

A series is an indicator over one window. Measured on a run of 2,000 people over 24 months with the default plan, whose
41 tasks took 72 s where this says 68; another machine may take half as long or twice.
"""


@dataclass(frozen=True)
class CurveCost:
    """How many specifications a curve runs, and about how much processor time they take."""

    specifications: int
    processor_seconds: float

    def sentence(self, *, workers: int) -> str:
        """Say it in words, for so many workers at once.

        Example:
            >>> CurveCost(4266, 68.0).sentence(workers=2)
            '4,266 specifications, about 34 s with 2 at once; here it may be half or twice that.'
        """
        at_once = "" if workers == 1 else f" with {workers} at once"
        time = duration(self.processor_seconds / workers)
        return f"{self.specifications:,} specifications, about {time}{at_once}; here it may be half or twice that."


def cost_of(tasks: Sequence[EvaluationTask]) -> CurveCost:
    """Estimate what tasks will cost; nothing of them is run."""
    fixed, for_each_thousand = SERIES_SECONDS
    panels = [panel for task in tasks for panel in task.panels]
    seconds = sum(len(panel.series) * (fixed + for_each_thousand * len(panel.ids) / 1000) for panel in panels)
    return CurveCost(sum(len(task.specifications) for task in tasks), seconds)
