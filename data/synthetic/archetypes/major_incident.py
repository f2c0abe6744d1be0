"""A major incident: weeks of long tours and lost rest days, ordered from above."""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "public_order", "detective")


def _plant(records: SubjectRecords) -> None:
    tours = records.rows("shift")
    tours = tours.take(records.draw.random(len(tours)) < 0.8 * events.overtime_level(records))
    more = (events.quarters(records, len(tours), 8, 20) * min(records.intensity, 1.4)).astype(int)
    events.lengthen(records, tours, more, reason="operational")
    editor = records.supervisor if records.supervisor >= 0 else records.planner()
    events.edit(
        records, tours, editor=editor, at=events.after(records, tours, days=1.0), field="overtime", minutes=more
    )


ARCHETYPE = Archetype(
    name="major_incident",
    summary="weeks of long tours during a major incident",
    basis="2017 terror attacks and Grenfell: rest days owed (press)",
    told_by="`incident`: who attended it, and that many worked long tours in the same weeks",
    share=0.03,
    months=(1, 3),
    moves=(Move("shift", "sum(overtime_minutes)"), Move("roster_edit")),
    eligible=_eligible,
    plant=_plant,
)
