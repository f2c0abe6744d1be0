"""Reports of force with a wrong time: written up days later, or twelve hours out."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import MINUTES

_HOURS = (-36, -24, -12, 12, 24, 36)


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    force = cell.tables["use_of_force"]
    hits = tendency.touched(force, force["incident_id"] < 0)
    used = force["used_at"].copy()
    moved = used[hits] + 60 * tendency.draw("hours").choice(_HOURS, len(hits))
    joined = cell.force.people.joined[force["officer_id"][hits]]
    used[hits] = np.clip(moved, np.maximum(cell.force.start, joined) * MINUTES, cell.force.end * MINUTES - 1)
    cell.set_columns("use_of_force", used_at=used)


NUISANCE = Nuisance(
    name="force_mistimed",
    summary="reports force under a wrong time",
    serves=("force_outside_duty",),
    leave=_leave,
)
