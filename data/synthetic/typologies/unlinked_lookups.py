"""Unlinked look-ups: looking up people without any work for it, often off duty and often the same few.

Modelled on misuse of force systems (a national corruption category; 237 disciplined in two years at about half of the
forces) and on unlawful access or disclosure (82 entries on the 2024/25 barred list).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, unlinked_lookups
from data.synthetic.layers.lookups import anybody
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.subject_records import SubjectRecords

_SAME_PEOPLE = 0.6
_OFF_DUTY = 0.45


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "neighbourhood", "custody", "roads", "detective", "public_protection")


def _plant(records: SubjectRecords) -> None:
    tour = events.on_tours(records, records.count(records.intensity))
    count = len(tour)
    known, others = anybody(records.cell, records.draw, 4), anybody(records.cell, records.draw, count)
    same = records.draw.random(count) < records.share(_SAME_PEOPLE)
    off_duty = records.draw.random(count) < records.share(_OFF_DUTY)
    at = np.where(off_duty, tour["ends_at"] + records.draw.integers(30, 480, count), events.within(records, tour))
    people = np.where(same, known[records.draw.integers(0, len(known), count)], others)
    events.look_up(records, tour, at, people=people, systems=("crime", "intelligence", "national"))


TYPOLOGY = Typology(
    name="unlinked_lookups",
    summary="looks people up without work for it, off duty, the same few again and again",
    basis="misuse of force systems, a national corruption category; barred-list reasons 2024/25",
    concern="standards",
    share=0.008,
    months=(4, 14),
    intensity=12.0,
    intensity_means="look-ups a month",
    benchmark=Benchmark(table="system_access", comparable=unlinked_lookups),
    eligible=_eligible,
    plant=_plant,
)
