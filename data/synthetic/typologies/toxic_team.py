"""A toxic team: grievances about the same people, requests to leave it, and short psychological sickness of several.

A culture concern of a unit, and of the one most of its grievances are about, whom the truth names too. Modelled on the
Casey review (2023): bullying reported by 22% of staff with protected characteristics, clustered in teams.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, everything
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.subject_records import SubjectRecords

_KINDS = ("bullying", "discrimination", "victimisation", "sexual_harassment")
_REQUESTS = 0.9
_SPELLS = 0.7


def _eligible(candidates: Candidates) -> Array:
    return np.ones(len(candidates.post), dtype=bool)


def _plant(records: SubjectRecords) -> None:
    mates = records.team_mates()
    if len(mates) < 4:
        return
    about = int(records.draw.choice(mates))
    records.involve(about, concern="culture", tables=("grievance",))
    others = mates[mates != about]
    days = records.days(records.count(records.intensity))
    raised_by = np.where(records.draw.random(len(days)) < 0.1, -1, records.draw.choice(others, len(days)))
    named = np.where(records.draw.random(len(days)) < 0.7, about, -1)
    events.grieve(records, days, raised_by=raised_by, about=named, kinds=_KINDS)
    days = records.days(records.count(records.intensity * _REQUESTS))
    events.ask_to_move(records, days, people=records.draw.choice(others, len(days)), reasons=("team", "team", "other"))
    for day in records.days(records.count(records.intensity * _SPELLS)).tolist():
        last = min(day + int(records.draw.integers(2, 14)), records.subject.last)
        events.away(records, day, last, kind="sickness", psychological=True, person=int(records.draw.choice(others)))


TYPOLOGY = Typology(
    name="toxic_team",
    summary="grievances, requests to leave and short sickness gather in one team",
    basis="Casey review 2023 on bullying in teams",
    concern="culture",
    subject="unit",
    share=0.02,
    months=(9, 20),
    intensity=0.6,
    intensity_means="grievances a month",
    benchmark=Benchmark(table="grievance", comparable=everything),
    eligible=_eligible,
    plant=_plant,
)
