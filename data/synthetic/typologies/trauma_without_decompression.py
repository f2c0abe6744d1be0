"""Trauma without decompression: a run of traumatic incidents, the decompression course missed, then sickness.

A welfare concern, never a standards one. Modelled on trauma exposure as a cause of the growth in days lost to mental
ill health in London.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, severe_attendances
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.planted_subject import MONTH
from data.synthetic.rows import NO_TIME, code
from data.synthetic.subject_records import SubjectRecords

_TRAUMATIC = 4
_EXPOSED = 0.6


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "roads", "detective", "public_protection", "firearms")


def _plant(records: SubjectRecords) -> None:
    turn = records.subject.first + int((records.subject.last - records.subject.first) * _EXPOSED)
    _attend(records, turn)
    due = records.subject.first + int(records.draw.integers(30, 90))
    records.add(
        "training",
        officer_id=records.person,
        course=code("training", "course", "Trauma decompression"),
        due_on=np.array([due]),
        completed_on=NO_TIME,
    )
    day = turn
    while day < records.subject.last:
        last = min(day + int(records.draw.integers(2, 16)), records.subject.last)
        events.away(records, day, last, kind="sickness", psychological=True)
        day = last + 5 + int(records.draw.exponential(1.5 * MONTH))


def _attend(records: SubjectRecords, turn: int) -> None:
    """Send the subject to traumatic incidents of the same borough during the subject's tours."""
    tours = records.rows("shift", last=turn - 1)
    incident = records.cell.tables["incident"]
    bad = incident.take((incident["severity"] >= _TRAUMATIC) & ~records.attended())
    if not len(tours) or not len(bad):
        return
    tour = np.searchsorted(tours["starts_at"], bad["opened_at"], side="right") - 1
    during = (tour >= 0) & (bad["opened_at"] < tours["ends_at"][np.maximum(tour, 0)])
    free = np.flatnonzero(during)
    wanted = max(1, int(records.draw.poisson(records.intensity * (turn - records.subject.first) / MONTH)))
    selection = bad.take(np.sort(records.draw.permutation(free)[:wanted]))
    records.add(
        "attendance",
        incident_id=selection["incident_id"],
        officer_id=np.full(len(selection), records.person),
        _at=selection["opened_at"],
        _incident=selection["_number"],
        known_on=selection["known_on"],
    )


TYPOLOGY = Typology(
    name="trauma_without_decompression",
    summary="goes to a run of traumatic incidents, misses decompression, then is away sick",
    basis="trauma exposure and the growth of days lost to mental ill health in London",
    concern="welfare",
    share=0.008,
    months=(6, 14),
    intensity=5.0,
    intensity_means="added traumatic incidents a month",
    benchmark=Benchmark(table="attendance", comparable=severe_attendances),
    eligible=_eligible,
    plant=_plant,
)
