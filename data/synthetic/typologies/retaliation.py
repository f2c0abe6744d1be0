"""Retaliation: a supervisor against whom a grievance was raised cuts the tours of the one who raised it.

A culture concern about the supervisor, and a welfare concern about whom it happens to. Modelled on the Casey review
(2023): complaints turned back on those who made them; the standard is challenging and reporting improper conduct.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, cuts_by_others
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    leads = np.isin(np.arange(len(candidates.post)), candidates.force.stints.supervisor)
    return leads & candidates.ranks("sergeant", "inspector", "staff")


def _plant(records: SubjectRecords) -> None:
    mates = records.team_mates()
    if not len(mates):
        return
    victim = int(records.draw.choice(mates))
    records.involve(victim, concern="welfare", tables=("roster_edit", "grievance", "transfer_request"))
    raised = np.array([records.subject.first])
    events.grieve(records, raised, raised_by=victim, about=records.person, kinds=("bullying", "management"))
    tours = records.some(records.rows("shift", person=victim), records.count(records.intensity))
    cut = -events.quarters(records, len(tours), 1, 8)
    at = events.before(records, tours, days=1.0)
    events.edit(records, tours, editor=records.person, at=at, field="duty", minutes=cut)
    events.ask_to_move(records, records.days(1), people=victim)
    again = events.raised(records, records.days(records.count(0.2)))
    events.grieve(records, again, raised_by=victim, about=records.person, kinds=("victimisation",))


TYPOLOGY = Typology(
    name="retaliation",
    summary="cuts the tours of the person who raised a grievance against them",
    basis="Casey review 2023: complaints turned back on those who made them",
    concern="culture",
    share=0.02,
    months=(4, 10),
    intensity=6.0,
    intensity_means="adverse edits a month",
    benchmark=Benchmark(table="roster_edit", comparable=cuts_by_others),
    eligible=_eligible,
    plant=_plant,
)
