"""A colleague being bullied: their tours are cut and moved by one supervisor, they complain, fall ill, ask to leave.

A welfare concern about the person it happens to, and a culture concern about the supervisor who does it. Modelled on
the Casey review (2023): bullying reported by 22% of staff with protected characteristics and 33% of those with a
long-term illness or disability.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, cuts_by_others
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.subject_records import SubjectRecords

_GRIEVANCES = 0.25
_SPELLS = 0.35


def _eligible(candidates: Candidates) -> Array:
    return (candidates.force.stints.supervisor[candidates.post] >= 0) & candidates.ranks("constable", "staff")


def _plant(records: SubjectRecords) -> None:
    records.involve(records.supervisor, concern="culture", tables=("roster_edit", "grievance"))
    tours = records.some(records.rows("shift"), records.count(records.intensity))
    cut = -events.quarters(records, len(tours), 1, 6)
    events.edit(
        records, tours, editor=records.supervisor, at=events.before(records, tours, days=1.0), field="duty", minutes=cut
    )
    days = events.raised(records, records.days(records.count(records.weakened(_GRIEVANCES))))
    kinds = ("bullying", "bullying", "victimisation", "discrimination")
    events.grieve(records, days, raised_by=records.person, about=records.supervisor, kinds=kinds)
    asked = np.array([int(records.draw.integers(records.subject.first, records.subject.last + 1))])
    events.ask_to_move(records, asked, people=records.person)
    for day in records.days(records.count(records.weakened(_SPELLS))).tolist():
        last = min(day + int(records.draw.integers(2, 12)), records.subject.last)
        events.away(records, day, last, kind="sickness", psychological=True)


TYPOLOGY = Typology(
    name="bullied_colleague",
    summary="has tours cut and moved by one supervisor, raises grievances, falls ill, asks to leave",
    basis="Casey review 2023 on bullying of staff with protected characteristics",
    concern="welfare",
    share=0.008,
    months=(5, 14),
    intensity=4.0,
    intensity_means="adverse edits by the supervisor a month",
    benchmark=Benchmark(table="roster_edit", comparable=cuts_by_others),
    eligible=_eligible,
    plant=_plant,
)
