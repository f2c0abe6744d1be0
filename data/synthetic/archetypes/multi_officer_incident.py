"""One incident, many complaints: everybody present is named, several times, by several people.

76% of complained-of Chicago officers had at least one co-named complaint (Wood, Roithmayr and Papachristos 2019).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_SHARES = {"duties": 0.55, "powers": 0.38, "individual_behaviour": 0.07}
_ALLEGATIONS = (4, 8)


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "public_order", "neighbourhood")


def _plant(records: SubjectRecords) -> None:
    attended = records.rows("attendance")
    if not len(attended):
        return
    one = attended["incident_id"][int(records.draw.integers(0, len(attended)))]
    everybody = records.cell.tables["attendance"]
    there = everybody.take(everybody["incident_id"] == one)
    count = int(records.draw.integers(*_ALLEGATIONS))
    people = np.repeat(there["officer_id"], count)
    days = np.full(len(people), int(there["_at"][0]) // 1440)
    case = np.tile(np.arange(count) // 3, len(there))
    events.complain_about(records, people, days, shares=_SHARES, case=case)


ARCHETYPE = Archetype(
    name="multi_officer_incident",
    summary="one incident after which everybody present is named several times",
    basis="Wood, Roithmayr and Papachristos 2019, Socius: 76% co-named",
    told_by="`complaint.complaint_id` and `occurred_on`: one day and one case for everybody present",
    share=0.01,
    months=(6, 18),
    moves=(Move("complaint"),),
    eligible=_eligible,
    plant=_plant,
)
