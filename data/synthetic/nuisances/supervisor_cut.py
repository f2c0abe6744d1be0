"""Tours that a supervisor cuts or moves before they begin, because the plan changed."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import MINUTES, codes


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    shift = cell.tables["shift"]
    supervisor = cell.force.stints.supervisor[cell.posts][shift["_post"]]
    position = np.flatnonzero(tendency.hits(shift["officer_id"], shift.day()) & (supervisor >= 0))
    tours, draw = shift.take(position), tendency.draw("edits")
    count = len(tours)
    cell.add(
        "roster_edit",
        shift_id=tours["shift_id"],
        officer_id=tours["officer_id"],
        editor_id=supervisor[position],
        edited_at=tours["starts_at"] - 60 - draw.exponential(2 * MINUTES, count).astype(np.int64),
        field=draw.choice(codes("roster_edit", "field", ("duty", "duty", "cancel")), count),
        minutes_gained=-15 * draw.integers(1, 9, count),
        _shift=position,
    )


NUISANCE = Nuisance(
    name="supervisor_cut",
    summary="has a tour cut by the supervisor before it begins",
    serves=(
        "roster_cuts_suffered",
        "roster_cuts_of_others",
        "tours_cut_after_grievance",
    ),
    leave=_leave,
)
