"""A colleague being bullied: their tours are cut and moved by one supervisor, they complain, fall ill, ask to leave.

A welfare concern about the person it happens to, and a culture concern about the supervisor who does it. Modelled on
the Casey review (2023): bullying reported by 22% of staff with protected characteristics and 33% of those with a
long-term illness or disability.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot

_GRIEVANCES = 0.25
_SPELLS = 0.35


def _eligible(candidates: Candidates) -> Array:
    return (candidates.force.stints.supervisor[candidates.post] >= 0) & candidates.ranks("constable", "staff")


def _plant(plot: Plot) -> None:
    plot.involve(plot.supervisor, concern="culture", tables=("roster_edit", "grievance"))
    tours = plot.some(plot.rows("shift"), plot.count(plot.intensity))
    cut = -events.quarters(plot, len(tours), 1, 6)
    events.edit(plot, tours, editor=plot.supervisor, at=events.before(plot, tours, days=1.0), field="duty", minutes=cut)
    days = plot.days(plot.count(_GRIEVANCES))
    kinds = ("bullying", "bullying", "victimisation", "discrimination")
    events.grieve(plot, days, raised_by=plot.person, about=plot.supervisor, kinds=kinds)
    asked = np.array([int(plot.draw.integers(plot.subject.first, plot.subject.last + 1))])
    events.ask_to_move(plot, asked, people=plot.person)
    for day in plot.days(plot.count(_SPELLS)).tolist():
        last = min(day + int(plot.draw.integers(2, 12)), plot.subject.last)
        events.away(plot, day, last, kind="sickness", psychological=True)


TYPOLOGY = Typology(
    name="bullied_colleague",
    summary="has tours cut and moved by one supervisor, raises grievances, falls ill, asks to leave",
    basis="Casey review 2023 on bullying of staff with protected characteristics",
    concern="welfare",
    share=0.008,
    months=(5, 14),
    intensity=4.0,
    intensity_means="adverse edits by the supervisor a month",
    eligible=_eligible,
    plant=_plant,
)
