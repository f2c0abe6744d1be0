"""Attendances that nobody recorded, of officers who came late or were not on the log."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency


def _leave(tendency: Tendency) -> None:
    attendance = tendency.cell.tables["attendance"]
    # The first row of an incident stays: somebody is recorded at each.
    further = np.diff(attendance["_incident"], prepend=-1) == 0
    tendency.cell.tables["attendance"] = attendance.without(tendency.touched(attendance, further))


NUISANCE = Nuisance(
    name="attendance_missing",
    summary="attends an incident and is not recorded there",
    serves=(
        "force_not_attended",
        "lookup_not_attended",
        "incidents_attended",
    ),
    leave=_leave,
)
