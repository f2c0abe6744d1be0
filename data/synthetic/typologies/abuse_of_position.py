"""Abuse of position for a sexual purpose: one person met at a domestic incident, looked up again and again.

Modelled on the national category (61 such cases a year in England and Wales) and on arrests in the published output of
the London pilot. The sign is repetition towards one person, off duty and long after the incident, not a volume.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events, keys
from data.synthetic.benchmark import Benchmark, unlinked_lookups
from data.synthetic.layers.lookups import people_at
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords

_OFF_DUTY = 0.6
_COMPLAINS = 0.3


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "neighbourhood", "detective", "public_protection") & candidates.officers


def _plant(records: SubjectRecords) -> None:
    tour = events.on_tours(records, records.count(records.intensity))
    if not len(tour):
        return
    person = _somebody_met(records)
    off_duty = records.draw.random(len(tour)) < records.share(_OFF_DUTY)
    at = np.where(off_duty, tour["ends_at"] + records.draw.integers(30, 500, len(tour)), events.within(records, tour))
    events.look_up(records, tour, at, people=person, systems=("crime", "intelligence", "national"))
    if records.draw.random() < records.weakened(_COMPLAINS):
        day = np.array([int(records.draw.integers(records.subject.first, records.subject.last + 1))])
        shares = {"sexual": 0.5, "corruption": 0.2, "discreditable": 0.3}
        events.complain_about(records, np.array([records.person]), day, shares=shares, complainant=person)


def _somebody_met(records: SubjectRecords) -> int:
    """Return a person from an incident the subject went to, a domestic one if there is one; else anybody."""
    incident = records.cell.tables["incident"]
    at = np.flatnonzero(records.attended())
    domestic = at[incident["kind"][at] == code("incident", "kind", "domestic")]
    selection = domestic if len(domestic) else at
    if not len(selection):
        number = np.array([(1 << 24) + int(records.draw.integers(0, 1 << 20))])
        return int(
            keys.ordinary(seed=records.cell.world.seed, table="person", cell=records.cell.number, number=number)[0]
        )
    place = selection[int(records.draw.integers(0, len(selection)))]
    return int(people_at(records.cell, incident["_number"][[place]])[0])


TYPOLOGY = Typology(
    name="abuse_of_position",
    summary="looks one person from a domestic incident up again and again, mostly off duty",
    basis="abuse of position for a sexual purpose, a national corruption category; IOPC table 18, 2024/25",
    concern="standards",
    share=0.005,
    months=(4, 10),
    intensity=5.0,
    intensity_means="look-ups of the one person a month",
    benchmark=Benchmark(table="system_access", comparable=unlinked_lookups, share=0.3),
    eligible=_eligible,
    plant=_plant,
)
