"""Disclosure of information: look-ups of people at incidents the subject had no part in, before outside contact.

Modelled on disclosure among the national corruption categories (1,514 allegations under Schedule 3 in England and
Wales, 2024/25). Unlike idle look-ups these name an incident, but never one the subject or their team went to.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, linked_lookups
from data.synthetic.layers.lookups import people_at
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "custody", "neighbourhood", "detective", "public_protection", "roads")


def _plant(records: SubjectRecords) -> None:
    tour = events.on_tours(records, records.count(records.intensity))
    incident = records.cell.tables["incident"]
    others = np.flatnonzero(~records.attended())
    if not len(tour) or not len(others):
        return
    # Opened before the look: incidents are taken by rank of opening among those before each tour.
    order = others[np.argsort(incident["opened_at"][others], kind="stable")]
    past = np.searchsorted(incident["opened_at"][order], tour["starts_at"])
    tour, past = tour.take(past > 0), past[past > 0]
    selection = order[(records.draw.random(len(past)) * past).astype(np.int64)]
    known = incident["known_on"][selection] <= tour.day()
    tour, selection = tour.take(known), selection[known]
    people = people_at(records.cell, incident["_number"][selection])
    named = incident["incident_id"][selection]
    systems = ("intelligence", "crime", "national")
    events.look_up(records, tour, events.within(records, tour), people=people, systems=systems, incident=named)
    days = records.days(int(records.draw.poisson(0.4)))
    events.complain_about(records, np.full(len(days), records.person), days, shares={"disclosure": 1.0})


TYPOLOGY = Typology(
    name="disclosure",
    summary="looks up people at incidents they had no part in, and passes it on",
    basis="disclosure of information, a national corruption category; IOPC table 18, 2024/25",
    concern="standards",
    share=0.005,
    months=(4, 12),
    intensity=8.0,
    intensity_means="look-ups a month",
    benchmark=Benchmark(table="system_access", comparable=linked_lookups, share=0.04),
    eligible=_eligible,
    plant=_plant,
)
