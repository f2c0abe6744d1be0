"""Lent to a tactical unit or to custody: force is recorded for each officer and each person, compliant handcuffs too.

Force is recorded per officer per subject (gov.uk): a role, not a person, explains the count.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.encounters import subjects, video_on
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import codes
from data.synthetic.subject_records import SubjectRecords

_REPORTS = 3.5
_TACTICS = ("compliant_handcuffs", "compliant_handcuffs", "handcuffs", "unarmed")


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "custody")


def _plant(records: SubjectRecords) -> None:
    tour = events.on_tours(records, records.count(_REPORTS * records.intensity))
    count = len(tour)
    records.add(
        "use_of_force",
        officer_id=tour["officer_id"],
        used_at=events.within(records, tour),
        tactic=records.draw.choice(codes("use_of_force", "tactic", _TACTICS), count),
        severity=records.draw.integers(1, 3, count),
        subject_ethnicity=subjects(records.draw, count, records.cell.world),
        subject_injured=(records.draw.random(count) < 0.03).astype(int),
        officer_injured=(records.draw.random(count) < 0.03).astype(int),
        video=(records.draw.random(count) < video_on(records.cell.world)).astype(int),
    )


ARCHETYPE = Archetype(
    name="tactical_secondment",
    summary="lent to a tactical unit or custody, where force reports are part of the work",
    basis="gov.uk, use of force statistics: one report per officer and subject",
    told_by="`posting`: force reports next to those of others in the same unit",
    share=0.02,
    months=(3, 9),
    moves=(Move("use_of_force"),),
    eligible=_eligible,
    plant=_plant,
)
