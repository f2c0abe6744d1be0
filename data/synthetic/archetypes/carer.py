"""A carer: short notice of absence, changed hours agreed with the supervisor, more days at home.

Protected in part; UK GDPR and Equality Act. Roster edits here are made by the supervisor, by agreement.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords

_SPELLS = 0.6
_EDITS = 4.0


def _eligible(candidates: Candidates) -> Array:
    cares: Array = candidates.force.people.carer == 1
    return cares


def _plant(records: SubjectRecords) -> None:
    tours = records.some(records.rows("shift"), records.count(_EDITS * records.intensity))
    editor = records.supervisor if records.supervisor >= 0 else records.planner()
    changed = events.quarters(records, len(tours), -6, 2)
    events.edit(
        records, tours, editor=editor, at=events.before(records, tours, days=1.0), field="start", minutes=changed
    )
    office = tours.take(tours["place"] == code("shift", "place", "office"))
    records.alter(office, place=code("shift", "place", "home"))
    for day in records.days(records.count(_SPELLS * records.intensity)).tolist():
        events.away(records, day, min(day + int(records.draw.integers(0, 3)), records.subject.last), kind="carer")


ARCHETYPE = Archetype(
    name="carer",
    summary="short notice of absence and changed hours, by agreement",
    basis="Equality Act 2010; ICO guidance on monitoring workers 2023",
    told_by="`absence.kind`, and an agreement on flexible hours, which the contract has no table for",
    share=0.2,
    months=(8, 24),
    moves=(Move("absence", where="kind = 'carer'"), Move("roster_edit")),
    eligible=_eligible,
    plant=_plant,
)
