"""A short-staffed team: overtime to fill gaps, month after month, booked by the supervisor.

Borough staffing is about 25 to 30% below need (press on the Casey review).
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_TOURS = 4.0


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "custody", "detective", "public_protection")


def _plant(records: SubjectRecords) -> None:
    tours = records.some(
        records.rows("shift"), records.count(_TOURS * records.intensity * events.overtime_level(records))
    )
    more = events.quarters(records, len(tours), 6, 16)
    events.lengthen(records, tours, more, reason="backfill")
    editor = records.supervisor if records.supervisor >= 0 else records.planner()
    events.edit(
        records, tours, editor=editor, at=events.after(records, tours, days=0.5), field="overtime", minutes=more
    )


ARCHETYPE = Archetype(
    name="backfill_duty",
    summary="overtime to fill gaps, booked by the supervisor",
    basis="press on the Casey review: boroughs 25 to 30% below need",
    told_by="who booked the overtime and why: `shift.overtime_reason` and an editor other than the officer",
    share=0.03,
    months=(6, 15),
    moves=(Move("shift", "sum(overtime_minutes)"),),
    eligible=_eligible,
    plant=_plant,
)
