"""A toxic team: grievances about the same people, requests to leave it, and short psychological sickness of several.

A culture concern of a unit, not of a person. Modelled on the Casey review (2023): bullying reported by 22% of staff
with protected characteristics, clustered in teams.
"""

from __future__ import annotations

import numpy as np

from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot
from data.synthetic.rows import code, codes
from data.synthetic.streams import Array

_KINDS = ("bullying", "discrimination", "victimisation", "sexual_harassment")
_REQUESTS = 0.9
_SPELLS = 0.7


def _eligible(candidates: Candidates) -> Array:
    return np.ones(len(candidates.post), dtype=bool)


def _plant(plot: Plot) -> None:
    mates = plot.team_mates()
    if len(mates) < 4:
        return
    about = int(plot.draw.choice(mates))
    others = mates[mates != about]
    _grievances(plot, about, others)
    days = plot.days(plot.count(plot.intensity * _REQUESTS))
    plot.add(
        "transfer_request",
        officer_id=plot.draw.choice(others, len(days)),
        from_unit_id=plot.unit_id,
        reason=plot.draw.choice(codes("transfer_request", "reason", ("team", "team", "other", "career")), len(days)),
        requested_on=days,
    )
    for day in plot.days(plot.count(plot.intensity * _SPELLS)).tolist():
        _sickness(plot, int(plot.draw.choice(others)), day)


def _grievances(plot: Plot, about: int, others: Array) -> None:
    days = plot.days(plot.count(plot.intensity))
    plot.add(
        "grievance",
        unit_id=plot.unit_id,
        raised_by_id=np.where(plot.draw.random(len(days)) < 0.1, -1, plot.draw.choice(others, len(days))),
        about_officer_id=np.where(plot.draw.random(len(days)) < 0.7, about, -1),
        kind=plot.draw.choice(codes("grievance", "kind", _KINDS), len(days)),
        raised_on=days,
    )


def _sickness(plot: Plot, person: int, day: int) -> None:
    people = plot.scene.force.people
    if not people.joined[person] <= day or 0 < people.left[person] < day + 15:
        return
    last = min(day + int(plot.draw.integers(2, 14)), plot.subject.last)
    plot.add(
        "absence",
        officer_id=person,
        kind=code("absence", "kind", "sickness"),
        psychological=1,
        certified=int(last - day >= 7),
        started_on=np.array([day]),
        ended_on=np.array([last]),
    )
    plot.clear(day, last, person=person)


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
    eligible=_eligible,
    plant=_plant,
)
