"""Maternity leave: months away, then back. Protected; absence and a change of pattern mean nothing else."""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    people = candidates.force.people
    young = people.age_band <= code("protected_characteristic", "age_band", "26-40")
    women: Array = people.sex == code("protected_characteristic", "sex", "female")
    return women & young


def _plant(records: SubjectRecords) -> None:
    events.away(records, records.subject.first, records.subject.last, kind="maternity")


ARCHETYPE = Archetype(
    name="new_parent",
    summary="away on maternity leave for months",
    basis="protected absence; excluded or handled before any score",
    told_by="`absence.kind`: maternity or parental leave",
    share=0.07,
    months=(6, 12),
    moves=(Move("shift", up=False),),
    eligible=_eligible,
    plant=_plant,
)
