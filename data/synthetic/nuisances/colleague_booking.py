"""Overtime that a colleague books for a whole crew after the tour, as acting sergeants and clerks do."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import MINUTES, code


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    shift, stints = cell.tables["shift"], cell.force.stints
    overtime = shift["overtime_minutes"] > 0
    position = tendency.touched(shift, overtime)
    tours, draw = shift.take(position), tendency.draw("edits")
    count = len(tours)
    # Somebody of the same team: posts of a cell are sorted by person, so teams are gathered first.
    order = np.argsort(stints.team[cell.posts], kind="stable")
    teams = stints.team[cell.posts][order]
    first, past = np.searchsorted(teams, tours["_team"]), np.searchsorted(teams, tours["_team"], side="right")
    editor = stints.person[cell.posts][order[first + (draw.random(count) * (past - first)).astype(np.int64)]]
    cell.add(
        "roster_edit",
        shift_id=tours["shift_id"],
        officer_id=tours["officer_id"],
        editor_id=editor,
        edited_at=tours["ends_at"] + 30 + draw.exponential(3 * MINUTES, count).astype(np.int64),
        field=np.full(count, code("roster_edit", "field", "overtime")),
        minutes_gained=tours["overtime_minutes"],
        _shift=position,
    )


NUISANCE = Nuisance(
    name="colleague_booking",
    summary="has overtime booked by a colleague after the tour",
    serves=("team_overtime_bookings",),
    leave=_leave,
)
