"""Injured on duty: assaulted or hurt at work, then away for weeks.

1,212 of the 2,158 long-term sick in London in 2006 had been injured on duty (press).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "public_order", "custody", "firearms")


def _plant(records: SubjectRecords) -> None:
    records.add(
        "assault",
        officer_id=records.person,
        occurred_at=np.array([records.subject.first * 1440 - int(records.draw.integers(60, 600))]),
        injured=1,
    )
    events.away(records, records.subject.first, records.subject.last, kind="injury_on_duty")


ARCHETYPE = Archetype(
    name="injured_on_duty",
    summary="hurt at work, then away for weeks",
    basis="freedom of information request, press, 2006: 1,212 of 2,158 long-term sick",
    told_by="`assault` and `absence.kind`: an injury at work comes before the weeks away",
    share=0.012,
    months=(0.5, 4),
    moves=(Move("assault"), Move("shift", up=False)),
    eligible=_eligible,
    plant=_plant,
)
