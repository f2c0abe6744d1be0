"""Holiday swapping: rostering oneself for bank holidays, at the higher rate, after the roster was set.

Modelled on bank-holiday swaps within roster abuse in the published output of the London pilot, and on the overtime
practices that the Casey review describes around Carnival and New Year.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.rows import MINUTES, code
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.ranks("constable", "sergeant")


def _plant(records: SubjectRecords) -> None:
    force = records.cell.force
    days = np.flatnonzero(records.cell.calendar.costly) + force.start
    days = days[(days >= records.subject.first) & (days <= records.subject.last)]
    days = days[records.cell.calendar.away[records.person, days - force.start] == 0]
    days = days[~np.isin(days, records.rows("shift").day())]
    level = records.draw.random(len(days))
    # However rare it is in a subject, it happens once.
    days = days[(level < 0.3 * records.intensity) | (level == level.min(initial=1.0))]
    starts, minutes = events.as_rostered(days)
    tours = records.add(
        "shift",
        officer_id=records.person,
        unit_id=records.unit_id,
        duty=code("shift", "duty", "day"),
        place=code("shift", "place", "field"),
        starts_at=starts,
        ends_at=starts + minutes,
        overtime_minutes=minutes,
        overtime_reason=code("shift", "overtime_reason", "cancelled_rest_day"),
    )
    edit_times = starts[: len(tours)] - records.draw.integers(1 * MINUTES, 6 * MINUTES, len(tours))
    events.edit_of(records, tours, editor=records.person, at=edit_times, field="duty", minutes=minutes[: len(tours)])


TYPOLOGY = Typology(
    name="holiday_swapping",
    summary="rosters themselves for bank holidays and big events after the roster was set",
    basis="published output of the London pilot; Casey review 2023, p. 192",
    concern="standards",
    share=0.006,
    months=(10, 20),
    intensity=2.0,
    intensity_means="about a third of the chance of taking each bank holiday or event day off duty",
    eligible=_eligible,
    plant=_plant,
)
