"""Spells of absence whose end was recorded late: the person was back, and worked."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import NO_TIME

_MEAN_DAYS = 12.0


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    absence, people = cell.tables["absence"], cell.force.people
    ended = absence["ended_on"] != NO_TIME
    hits = tendency.touched(absence, ended)
    last = absence["ended_on"].copy()
    left = people.left[absence["officer_id"][hits]]
    bound = np.where(left == NO_TIME, cell.force.end - 1, np.minimum(left, cell.force.end - 1))
    later = last[hits] + 1 + tendency.draw("days").exponential(_MEAN_DAYS, len(hits)).astype(np.int64)
    last[hits] = np.maximum(np.minimum(later, bound), last[hits])
    cell.set_columns("absence", ended_on=last)


NUISANCE = Nuisance(
    name="absence_end_late",
    summary="is back at work before the recorded end of an absence",
    serves=(
        "active_while_sick",
        "shift_inside_leave",
        "overtime_during_absence",
    ),
    leave=_leave,
)
