"""An overtime racket tolerated by management: members of a team book overtime for each other after the event.

A culture concern of a unit. Modelled on the Casey review (2023, p. 192): overtime practices around Carnival and New
Year that managers were said to tolerate.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, bookings_by_others
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.subject_records import SubjectRecords

_MEMBERS = 0.6


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "public_order", "detective", "firearms", "neighbourhood", "roads")


def _plant(records: SubjectRecords) -> None:
    mates = records.team_mates()
    members = np.sort(records.draw.permutation(mates)[: max(3, round(_MEMBERS * len(mates)))])
    if len(members) < 3:
        return
    for member in members.tolist():
        tours = records.some(records.rows("shift", person=member), records.count(records.intensity))
        others = members[members != member]
        editor = records.draw.choice(others, len(tours))
        more = events.quarters(records, len(tours), 4, 10)
        events.lengthen(records, tours, more, reason="operational")
        at = events.after(records, tours, days=4.0)
        events.edit(records, tours, editor=editor, at=at, field="overtime", minutes=more)


TYPOLOGY = Typology(
    name="overtime_racket",
    summary="members of a team book overtime for each other after the event",
    basis="Casey review 2023, p. 192: overtime practices tolerated by management",
    concern="culture",
    subject="unit",
    share=0.012,
    months=(6, 16),
    intensity=2.0,
    intensity_means="booked tours a member and month",
    benchmark=Benchmark(table="roster_edit", comparable=bookings_by_others),
    eligible=_eligible,
    plant=_plant,
)
