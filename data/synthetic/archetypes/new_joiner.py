"""A new joiner: many courses, many corrections of the roster, with and by a tutor.

Chalfin and Kaplan (2021) on the density of data: few tours, unstable rates.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords

_EDITS = 5.0
_COURSES = ("Personal safety", "First aid", "Driving refresher", "Information security")


def _eligible(candidates: Candidates) -> Array:
    return (candidates.service < 1.0) & candidates.ranks("constable", "staff")


def _plant(records: SubjectRecords) -> None:
    tours = records.some(records.rows("shift"), records.count(_EDITS * records.intensity))
    editor = records.supervisor if records.supervisor >= 0 else records.planner()
    by_tutor = records.draw.random(len(tours)) < 0.6
    changed = -events.quarters(records, len(tours), 0, 4)
    editors = np.where(by_tutor, editor, records.person)
    events.edit(
        records, tours, editor=editors, at=events.after(records, tours, days=1.0), field="start", minutes=changed
    )
    due = np.minimum(records.subject.first + np.arange(len(_COURSES)) * 21 + 30, records.subject.last)
    records.add(
        "training",
        officer_id=records.person,
        course=np.array([code("training", "course", name) for name in _COURSES]),
        due_on=due,
        completed_on=np.minimum(due + 2, records.cell.force.end - 1),
        known_on=np.maximum(due - 30, records.joined_by(records.person)),
    )


ARCHETYPE = Archetype(
    name="new_joiner",
    summary="many courses and corrected tours in the first year",
    basis="Chalfin and Kaplan 2021, Criminology and Public Policy: density of data",
    told_by="`officer.joined_on`, and courses in `training`",
    share=0.5,
    months=(4, 9),
    moves=(Move("training"), Move("roster_edit")),
    eligible=_eligible,
    plant=_plant,
)
