"""The same matter logged several times: by the desk, the website and the central unit.

Central complaint logging raises counts (IOPC: an 11% rise does not mean worse conduct).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_COPIES = (2, 5)
_SHARES = {"duties": 0.8, "powers": 0.2}


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "custody", "roads", "detective")


def _plant(records: SubjectRecords) -> None:
    copies = int(records.draw.integers(*_COPIES))
    days = np.full(copies, records.subject.first)
    events.complain_about(records, np.full(copies, records.person), days, shares=_SHARES, outcome="service_acceptable")


ARCHETYPE = Archetype(
    name="duplicate_complaints",
    summary="the same matter logged several times",
    basis="IOPC on central logging: a rise of 11% is not worse conduct",
    told_by="`complaint.occurred_on` and `complainant_id`: the same day or person under two case numbers",
    share=0.012,
    months=(1, 3),
    moves=(Move("complaint"),),
    eligible=_eligible,
    plant=_plant,
)
