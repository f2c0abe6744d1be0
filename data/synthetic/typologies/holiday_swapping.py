"""Holiday swapping: rostering oneself for bank holidays, at the higher rate, after the roster was set.

Modelled on bank-holiday swaps within roster abuse in the published output of the London pilot, and on the overtime
practices that the Casey review describes around Carnival and New Year.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot
from data.synthetic.rows import MINUTES, code

_TOUR = 480


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.ranks("constable", "sergeant")


def _plant(plot: Plot) -> None:
    force = plot.scene.force
    days = np.flatnonzero(plot.scene.calendar.costly) + force.start
    days = days[(days >= plot.subject.first) & (days <= plot.subject.last)]
    days = days[plot.scene.calendar.away[plot.person, days - force.start] == 0]
    days = days[~np.isin(days, plot.rows("shift").day())]
    days = days[plot.draw.random(len(days)) < min(0.3 * plot.intensity, 1.0)]
    starts = days * MINUTES + plot.draw.choice([420, 840], len(days))
    tours = plot.add(
        "shift",
        officer_id=plot.person,
        unit_id=plot.unit_id,
        duty=code("shift", "duty", "day"),
        place=code("shift", "place", "field"),
        starts_at=starts,
        ends_at=starts + _TOUR,
        overtime_minutes=np.full(len(days), _TOUR),
        overtime_reason=code("shift", "overtime_reason", "cancelled_rest_day"),
    )
    made = starts[: len(tours)] - plot.draw.integers(1 * MINUTES, 6 * MINUTES, len(tours))
    events.edit_of(plot, tours, editor=plot.person, at=made, field="duty", minutes=_TOUR)


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
