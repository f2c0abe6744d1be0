"""A whistle-blower: raises grievances about a colleague, and complaints are turned back on them.

Casey review (2023): complaints turned back on those who made them.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_GRIEVANCES = 0.25
_COUNTER = 0.35
_SHARES = {"duties": 0.6, "individual_behaviour": 0.3, "discreditable": 0.1}


def _eligible(candidates: Candidates) -> Array:
    return candidates.ranks("constable", "sergeant", "staff")


def _plant(records: SubjectRecords) -> None:
    mates = records.team_mates()
    if not len(mates):
        return
    about = int(records.draw.choice(mates))
    days = events.raised(records, records.days(records.count(_GRIEVANCES * records.intensity)))
    events.grieve(
        records, days, raised_by=records.person, about=about, kinds=("bullying", "management", "discrimination")
    )
    turned = records.days(records.count(_COUNTER * records.intensity))
    people = np.full(len(turned), records.person)
    events.complain_about(records, people, turned, shares=_SHARES, internal=True, outcome="no_action")


ARCHETYPE = Archetype(
    name="whistle_blower",
    summary="raises grievances, and complaints are turned back on them",
    basis="Casey review 2023: complaints turned back on complainants",
    told_by="`grievance.raised_by_id` before the internal complaints, and who made these, where it is recorded",
    share=0.008,
    months=(4, 12),
    moves=(Move("complaint", where="source = 'internal'"),),
    eligible=_eligible,
    plant=_plant,
)
