"""Asked to work bank holidays and big events: extra paid tours, rostered by the planner weeks before.

The innocent side of holiday swapping. Overtime set by management is organisational, not personal (Casey review, p.
192).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.ranks("constable", "sergeant")


def _plant(records: SubjectRecords) -> None:
    force = records.cell.force
    days = np.flatnonzero(records.cell.calendar.costly) + force.start
    days = days[(days >= records.subject.first) & (days <= records.subject.last)]
    days = days[records.cell.calendar.away[records.person, days - force.start] == 0]
    days = days[~np.isin(days, records.rows("shift").day())]
    days = days[records.draw.random(len(days)) < events.overtime_level(records)]
    starts = days * 1440 + 420
    tours = records.add(
        "shift",
        officer_id=records.person,
        unit_id=records.unit_id,
        duty=code("shift", "duty", "aid"),
        place=code("shift", "place", "field"),
        starts_at=starts,
        ends_at=starts + 600,
        overtime_minutes=np.full(len(days), 600),
        overtime_reason=code("shift", "overtime_reason", "aid"),
    )
    edit_times = starts[: len(tours)] - records.draw.integers(20 * 1440, 40 * 1440, len(tours))
    editor = records.planner()
    events.edit_of(records, tours, editor=editor, at=edit_times, field="duty", minutes=600)


ARCHETYPE = Archetype(
    name="bank_holiday_worker",
    summary="asked to work bank holidays and big events",
    basis="Casey review 2023, p. 192: organisational, not personal",
    told_by="the day: overtime on bank holidays, and orders that staff big events, which the contract has no table for",
    share=0.03,
    months=(12, 24),
    moves=(Move("shift", "sum(overtime_minutes)"),),
    eligible=_eligible,
    plant=_plant,
)
