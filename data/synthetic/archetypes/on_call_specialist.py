"""On call: looks at systems and comes to sites at night and at weekends, because that is the job.

Compare with the duty recorded: the tours are there, as on-call tours.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.lookups import anybody
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords

_NIGHTS = 4.0
_LOOKUPS = 4


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("detective", "intelligence", "public_protection", "headquarters")


def _plant(records: SubjectRecords) -> None:
    day = np.unique(records.some(records.rows("shift"), records.count(_NIGHTS * records.intensity)).day())
    starts = day * 1440 + 1140
    records.add(
        "shift",
        officer_id=records.person,
        unit_id=records.unit_id,
        duty=code("shift", "duty", "on_call"),
        place=code("shift", "place", "home"),
        starts_at=starts,
        ends_at=starts + 660,
        overtime_minutes=np.zeros(len(day), dtype=int),
    )
    at = np.repeat(starts, _LOOKUPS) + records.draw.integers(10, 640, len(starts) * _LOOKUPS)
    people = anybody(records.cell, records.draw, len(at))
    events.look_at(records, at, people=people, systems=("crime", "national", "intelligence"))


ARCHETYPE = Archetype(
    name="on_call_specialist",
    summary="looks at systems at night, on call",
    basis="on-call duty; assumption about how often",
    told_by="the role, and an on-call roster, which the contract has no table for",
    share=0.02,
    months=(6, 15),
    moves=(Move("system_access", where="hour(accessed_at) >= 19 OR hour(accessed_at) < 6"),),
    eligible=_eligible,
    plant=_plant,
)
