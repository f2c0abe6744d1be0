"""An overtime racket tolerated by management: members of a team book overtime for each other after the event.

A culture concern of a unit. Modelled on the Casey review (2023, p. 192): overtime practices around Carnival and New
Year that managers were said to tolerate.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot

_MEMBERS = 0.6


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "public_order", "detective", "firearms", "neighbourhood", "roads")


def _plant(plot: Plot) -> None:
    mates = plot.team_mates()
    members = np.sort(plot.draw.permutation(mates)[: max(3, round(_MEMBERS * len(mates)))])
    if len(members) < 3:
        return
    for member in members.tolist():
        tours = plot.some(plot.rows("shift", person=member), plot.count(plot.intensity))
        others = members[members != member]
        editor = plot.draw.choice(others, len(tours))
        more = events.quarters(plot, len(tours), 4, 10)
        events.lengthen(plot, tours, more, reason="operational")
        at = events.after(plot, tours, days=4.0)
        events.edit(plot, tours, editor=editor, at=at, field="overtime", minutes=more)


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
    eligible=_eligible,
    plant=_plant,
)
