"""Books genuine overtime late, in batches, themselves: the tours did run over, and the exits show it.

The innocent side of roster self-editing: same edits, but site entries agree with them.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_TOURS = 2.5


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.ranks("constable", "sergeant")


def _plant(records: SubjectRecords) -> None:
    tours = records.some(
        records.rows("shift"), records.count(_TOURS * records.intensity * events.overtime_level(records))
    )
    more = events.quarters(records, len(tours), 2, 8)
    events.lengthen(records, tours, more, reason="operational")
    events.edit(
        records, tours, editor=records.person, at=events.after(records, tours, days=4.0), field="overtime", minutes=more
    )
    entries = records.rows("site_entry")
    tour = np.searchsorted(tours["starts_at"], entries["entered_at"] + 30, side="right") - 1
    during = (tour >= 0) & (entries["entered_at"] < tours["ends_at"][np.maximum(tour, 0)]) & (entries["left_at"] > 0)
    stayed = entries.take(during)
    records.alter(stayed, left_at=stayed["left_at"] + more[tour[during]])


ARCHETYPE = Archetype(
    name="late_booker",
    summary="books genuine overtime late, in batches, themselves",
    basis="late booking is ordinary; assumption about how often",
    told_by="`attendance` and look-ups of the day, which bear the overtime out although it was booked late",
    share=0.02,
    months=(6, 15),
    moves=(Move("roster_edit", where="editor_id = officer_id AND minutes_gained > 0"),),
    eligible=_eligible,
    plant=_plant,
)
