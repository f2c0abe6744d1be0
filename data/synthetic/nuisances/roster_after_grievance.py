"""Tours of somebody who raised a grievance, cut by the supervisor it is about, who goes on making the roster."""

from __future__ import annotations

import numpy as np

from data.synthetic.layers.presence import cut_tours
from data.synthetic.nuisance import Nuisance, Tendency

_WITHIN = 180


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    grievance, shift, stints = cell.tables["grievance"], cell.tables["shift"], cell.force.stints
    named = (grievance["raised_by_id"] >= 0) & (grievance["about_officer_id"] >= 0)
    rows = grievance.take(named)
    rows = rows.take(tendency.hits(rows["about_officer_id"], rows["raised_on"]))
    wanted = tendency.counts(len(rows))
    supervisor = stints.supervisor[cell.posts].take(shift["_post"])
    draw, day, positions = tendency.draw("tours"), shift.day(), [np.zeros(0, dtype=np.int64)]
    for raised_by, about, raised, count in zip(
        rows["raised_by_id"].tolist(),
        rows["about_officer_id"].tolist(),
        rows["raised_on"].tolist(),
        wanted.tolist(),
        strict=True,
    ):
        under = (shift["officer_id"] == raised_by) & (supervisor == about)
        after = np.flatnonzero(under & (day > raised) & (day <= raised + _WITHIN))
        positions.append(np.sort(draw.permutation(after)[:count]))
    position = np.unique(np.concatenate(positions))
    cut_tours(cell, tendency.draw("edits"), position, editor=supervisor[position])


NUISANCE = Nuisance(
    name="roster_after_grievance",
    summary="makes the roster of somebody who raised a grievance about them, and cuts tours",
    serves=(
        "tours_cut_after_grievance",
        "roster_cuts_suffered",
        "roster_cuts_of_others",
    ),
    leave=_leave,
)
