"""A secondment or course: months in training, with little of the activity that peers of the old role have.

Postings change before records do: assignment needs two times (when true, when known).
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "roads", "public_order")


def _plant(records: SubjectRecords) -> None:
    records.alter(
        records.rows("shift"),
        duty=code("shift", "duty", "training"),
        place=code("shift", "place", "office"),
    )
    for table in ("attendance", "use_of_force", "stop_search", "assault", "vehicle_event"):
        records.remove(records.rows(table))


ARCHETYPE = Archetype(
    name="role_change",
    summary="months on a course, with little activity",
    basis="postings change before records do; peer groups mismatch",
    told_by="`posting.role` and `training`: little activity while on a course",
    share=0.02,
    months=(2, 6),
    moves=(Move("attendance", up=False), Move("shift", where="duty = 'training'")),
    eligible=_eligible,
    plant=_plant,
)
