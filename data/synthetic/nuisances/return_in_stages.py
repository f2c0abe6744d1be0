"""Long spells of sickness that stay open while the person is back, in stages or on other duties."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import NO_TIME, code

LONG = 28
"""Days of sickness from which on somebody comes back in stages."""

_WEEK = 7


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    absence, people = cell.tables["absence"], cell.force.people
    last = absence["ended_on"].copy()
    long = (absence["kind"] == code("absence", "kind", "sickness")) & (last != NO_TIME)
    long &= last - absence["started_on"] >= LONG
    hits = tendency.touched(absence, long)
    left = people.left[absence["officer_id"][hits]]
    bound = np.where(left == NO_TIME, cell.force.end - 1, np.minimum(left, cell.force.end - 1))
    later = last[hits] + _WEEK * tendency.counts(len(hits)) + tendency.draw("days").integers(0, _WEEK, len(hits))
    last[hits] = np.maximum(np.minimum(later, bound), last[hits])
    cell.set_columns("absence", ended_on=last)


NUISANCE = Nuisance(
    name="return_in_stages",
    summary="is back at work in stages while a long spell of sickness stays open",
    serves=(
        "active_while_sick",
        "sickness_days",
        "overtime_during_absence",
    ),
    leave=_leave,
)
