"""Back at work before the sick note says so: the end of a spell is recorded late, and tours lie inside it.

The innocent side of working while sick: recording lag, not work.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords

_DAYS = (3, 9)


def _eligible(candidates: Candidates) -> Array:
    return candidates.rank >= 0


def _plant(records: SubjectRecords) -> None:
    first = records.subject.first
    last = min(first + int(records.draw.integers(*_DAYS)), records.subject.last)
    late = min(last + int(records.draw.integers(3, 9)), records.cell.force.end - 1, records.left_by(records.person))
    records.add(
        "absence",
        officer_id=records.person,
        kind=code("absence", "kind", "sickness"),
        psychological=0,
        certified=int(late - first >= 7),
        started_on=np.array([first]),
        ended_on=np.array([max(late, last)]),
    )
    records.clear(first, last)


ARCHETYPE = Archetype(
    name="late_return_recorded",
    summary="back at work before the recorded end of a sick spell",
    basis="recording lag of sickness ends; assumption",
    told_by="tours and entries of the days in question; a later entry of the true day of return",
    share=0.02,
    months=(0.5, 1),
    moves=(Move("absence", where="kind = 'sickness'"),),
    eligible=_eligible,
    plant=_plant,
)
