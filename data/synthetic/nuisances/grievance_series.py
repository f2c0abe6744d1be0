"""Grievances that follow one another in a dispute, about the same person."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import NO_TIME


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    grievance = cell.tables["grievance"]
    # An anonymous grievance has nobody who raised it: its team leads the dispute, by the person it is about or nobody.
    person = np.maximum(np.maximum(grievance["raised_by_id"], grievance["about_officer_id"]), 0)
    cause = np.flatnonzero(tendency.hits(person, grievance["raised_on"]))
    cause = np.repeat(cause, tendency.counts(len(cause)))
    days = grievance["raised_on"][cause] + tendency.draw("days").integers(5, 150, len(cause))
    cause, days = cause[days < cell.force.end], days[days < cell.force.end]
    rows = grievance.take(cause)
    leaves = cell.force.people.left[np.maximum(rows["raised_by_id"], 0)]
    serving = (leaves == NO_TIME) | (leaves > days)
    cell.add(
        "grievance",
        unit_id=rows["unit_id"][serving],
        raised_by_id=rows["raised_by_id"][serving],
        about_officer_id=rows["about_officer_id"][serving],
        kind=rows["kind"][serving],
        raised_on=days[serving],
        outcome=np.full(int(serving.sum()), -1),
    )


NUISANCE = Nuisance(
    name="grievance_series",
    summary="is in a dispute that leaves several grievances",
    serves=(
        "grievances",
        "grievances_about",
        "grievances_about_one_person",
    ),
    leave=_leave,
)
