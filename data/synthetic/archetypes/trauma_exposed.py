"""Trauma exposure handled well: one terrible incident, the course taken, a short psychological absence, and back.

Growth of days lost to mental ill health in London (78,859 officer-days in 2021/22). The same start as the typology
`trauma_without_decompression`, without its course.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "roads", "detective", "public_protection", "firearms")


def _plant(records: SubjectRecords) -> None:
    due = records.subject.first + 14
    records.add(
        "training",
        officer_id=records.person,
        course=code("training", "course", "Trauma decompression"),
        due_on=np.array([due]),
        completed_on=np.array([min(due + 5, records.cell.force.end - 1)]),
    )
    last = records.subject.first + int(records.draw.integers(4, 20))
    events.away(records, records.subject.first + 1, last, kind="sickness", psychological=True)


ARCHETYPE = Archetype(
    name="trauma_exposed",
    summary="one terrible incident, the course taken, a short absence, and back",
    basis="Mayor of London, answer on mental-health days 2021/22, in press",
    told_by="`incident` and `training`: one incident, the course taken, and back",
    share=0.012,
    months=(1, 2),
    moves=(Move("absence", where="psychological"),),
    eligible=_eligible,
    plant=_plant,
)
