"""Courses of trauma decompression after severe incidents; some are missed because nobody could be spared."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import NO_TIME, code

_SEVERE = 4
_MISSED = 0.15


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    attendance = cell.tables["attendance"]
    severe = cell.tables["incident"]["severity"].take(attendance["_incident"]) >= _SEVERE
    rows = attendance.take(tendency.touched(attendance, severe))
    draw, count = tendency.draw("courses"), len(rows)
    due = rows.day() + draw.integers(14, 100, count)
    completed = due - 5 + draw.integers(0, 40, count)
    missed = (draw.random(count) < _MISSED) | (completed >= cell.force.end)
    mask = due < cell.force.end
    cell.add(
        "training",
        officer_id=rows["officer_id"][mask],
        course=np.full(int(mask.sum()), code("training", "course", "Trauma decompression")),
        due_on=due[mask],
        completed_on=np.where(missed, NO_TIME, completed)[mask],
    )


NUISANCE = Nuisance(
    name="decompression_course",
    summary="has a course of trauma decompression fall due",
    serves=("decompression_overdue",),
    leave=_leave,
)
