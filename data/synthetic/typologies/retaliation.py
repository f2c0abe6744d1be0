"""Retaliation: a supervisor against whom a grievance was raised cuts the tours of the one who raised it.

A culture concern about the supervisor, and a welfare concern about whom it happens to. Modelled on the Casey review
(2023): complaints turned back on those who made them; the standard is challenging and reporting improper conduct.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot


def _eligible(candidates: Candidates) -> Array:
    leads = np.isin(np.arange(len(candidates.post)), candidates.force.stints.supervisor)
    return leads & candidates.ranks("sergeant", "inspector", "staff")


def _plant(plot: Plot) -> None:
    mates = plot.team_mates()
    if not len(mates):
        return
    victim = int(plot.draw.choice(mates))
    plot.involve(victim, concern="welfare", tables=("roster_edit", "grievance", "transfer_request"))
    raised = np.array([plot.subject.first])
    events.grieve(plot, raised, raised_by=victim, about=plot.person, kinds=("bullying", "management"))
    tours = plot.some(plot.rows("shift", person=victim), plot.count(plot.intensity))
    cut = -events.quarters(plot, len(tours), 1, 8)
    at = events.before(plot, tours, days=1.0)
    events.edit(plot, tours, editor=plot.person, at=at, field="duty", minutes=cut)
    events.ask_to_move(plot, plot.days(1), people=victim)
    again = plot.days(plot.count(0.2))
    events.grieve(plot, again, raised_by=victim, about=plot.person, kinds=("victimisation",))


TYPOLOGY = Typology(
    name="retaliation",
    summary="cuts the tours of the person who raised a grievance against them",
    basis="Casey review 2023: complaints turned back on those who made them",
    concern="culture",
    share=0.02,
    months=(4, 10),
    intensity=6.0,
    intensity_means="adverse edits a month",
    eligible=_eligible,
    plant=_plant,
)
