"""Tours that a supervisor cuts or moves before they begin, because the plan changed."""

from __future__ import annotations

from data.synthetic.layers.presence import cut_tours
from data.synthetic.nuisance import Nuisance, Tendency


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    shift = cell.tables["shift"]
    supervisor = cell.force.stints.supervisor[cell.posts].take(shift["_post"])
    position = tendency.touched(shift, supervisor >= 0)
    cut_tours(cell, tendency.draw("edits"), position, editor=supervisor[position])


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
