"""A long-term condition: many short spells of sickness for a disability-related reason.

Equality Act 2010 sections 15 and 20; Griffiths v Secretary of State for Work and Pensions.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_SPELLS = 0.8


def _eligible(candidates: Candidates) -> Array:
    disabled: Array = candidates.force.people.disability == 1
    return disabled


def _plant(records: SubjectRecords) -> None:
    for day in records.days(records.count(_SPELLS * records.intensity)).tolist():
        last = min(day + int(records.draw.integers(0, 4)), records.subject.last)
        events.away(records, day, last, kind="sickness", psychological=bool(records.draw.random() < 0.2))


ARCHETYPE = Archetype(
    name="long_term_condition",
    summary="short spells of sickness, often, from a long-term condition",
    basis="Equality Act 2010 sections 15 and 20",
    told_by="none that the pipeline may read: that somebody is disabled is protected and feeds audits alone; a "
    "reason for each spell, or an adjustment agreed with occupational health, would tell, and the "
    "contract holds neither",
    share=0.25,
    months=(12, 24),
    moves=(Move("absence", where="kind = 'sickness'"),),
    eligible=_eligible,
    plant=_plant,
)
