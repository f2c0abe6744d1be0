"""One person who complains again and again about the same officer, and is never right.

Statutory grounds for vexatious, oppressive or abusive complaints (IPCC Focus, 2014).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.lookups import anybody
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_COMPLAINTS = 0.7
_SHARES = {"duties": 0.72, "powers": 0.14, "individual_behaviour": 0.09, "discrimination": 0.05}


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "detective", "public_protection")


def _plant(records: SubjectRecords) -> None:
    days = records.days(records.count(_COMPLAINTS * records.intensity))
    who = int(anybody(records.cell, records.draw, 1)[0])
    people = np.full(len(days), records.person)
    events.complain_about(records, people, days, shares=_SHARES, complainant=who, outcome="no_action")


ARCHETYPE = Archetype(
    name="vexatious_complainant",
    summary="one person complains again and again, and is never right",
    basis="IPCC Focus 2014: vexatious, oppressive and abusive complaints",
    told_by="`complaint.complainant_id`: one person, which counts once where it is recorded",
    share=0.012,
    months=(4, 10),
    moves=(Move("complaint"),),
    eligible=_eligible,
    plant=_plant,
)
