"""Asked to work bank holidays and big events: extra paid tours, rostered by the planner weeks before.

The innocent side of holiday swapping. Overtime set by management is organisational, not personal (Casey review, p.
192).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import code


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.ranks("constable", "sergeant")


def _plant(plot: Plot) -> None:
    force = plot.scene.force
    days = np.flatnonzero(plot.scene.calendar.costly) + force.start
    days = days[(days >= plot.subject.first) & (days <= plot.subject.last)]
    days = days[plot.scene.calendar.away[plot.person, days - force.start] == 0]
    days = days[~np.isin(days, plot.rows("shift").day())]
    starts = days * 1440 + 420
    tours = plot.add(
        "shift",
        officer_id=plot.person,
        unit_id=plot.unit_id,
        duty=code("shift", "duty", "aid"),
        place=code("shift", "place", "field"),
        starts_at=starts,
        ends_at=starts + 600,
        overtime_minutes=np.full(len(days), 600),
        overtime_reason=code("shift", "overtime_reason", "aid"),
    )
    made = starts[: len(tours)] - plot.draw.integers(20 * 1440, 40 * 1440, len(tours))
    editor = plot.planner()
    events.edit_of(plot, tours, editor=editor, at=made, field="duty", minutes=600)


ARCHETYPE = Archetype(
    name="bank_holiday_worker",
    summary="asked to work bank holidays and big events",
    basis="Casey review 2023, p. 192: organisational, not personal",
    share=0.03,
    months=(12, 24),
    moves=(Move("shift", "sum(overtime_minutes)"),),
    eligible=_eligible,
    plant=_plant,
)
