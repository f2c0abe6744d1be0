"""An analyst or vetting worker: many look-ups that carry no incident, because the work has none."""

from __future__ import annotations

from data.arrays import Array
from data.synthetic.layers.lookups import anybody
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import codes
from data.synthetic.subject_records import SubjectRecords

_LOOKUPS = 60.0
_SYSTEMS = ("crime", "intelligence", "national", "intelligence")


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("detective", "intelligence", "headquarters")


def _plant(records: SubjectRecords) -> None:
    tours = records.rows("shift")
    if not len(tours):
        return
    tour = tours.take(records.draw.integers(0, len(tours), records.count(_LOOKUPS * records.intensity)))
    records.add(
        "system_access",
        officer_id=records.person,
        system=records.draw.choice(codes("system_access", "system", _SYSTEMS), len(tour)),
        accessed_at=tour["starts_at"] + records.draw.integers(5, 480, len(tour)),
        subject_id=anybody(records.cell, records.draw, len(tour)),
    )


ARCHETYPE = Archetype(
    name="covert_analyst",
    summary="looks up many people without an incident, because the work has none",
    basis="compare look-ups by role: analysts, detectives, professional standards and vetting",
    told_by="the role, and the case that a look-up is for, where the system records one",
    share=0.02,
    months=(12, 24),
    moves=(Move("system_access", where="incident_id IS NULL"),),
    eligible=_eligible,
    plant=_plant,
)
