"""Trauma without decompression: a run of traumatic incidents, the decompression course missed, then sickness.

A welfare concern, never a standards one. Modelled on trauma exposure as a cause of the growth in days lost to mental
ill health in London.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import MONTH, Candidates, Typology
from data.synthetic.plot import Plot
from data.synthetic.rows import NO_TIME, code

_TRAUMATIC = 4
_EXPOSED = 0.6


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "roads", "detective", "public_protection", "firearms")


def _plant(plot: Plot) -> None:
    turn = plot.subject.first + int((plot.subject.last - plot.subject.first) * _EXPOSED)
    _attend(plot, turn)
    due = plot.subject.first + int(plot.draw.integers(30, 90))
    plot.add(
        "training",
        officer_id=plot.person,
        course=code("training", "course", "Trauma decompression"),
        due_on=np.array([due]),
        completed_on=NO_TIME,
    )
    day = turn
    while day < plot.subject.last:
        last = min(day + int(plot.draw.integers(2, 16)), plot.subject.last)
        events.away(plot, day, last, kind="sickness", psychological=True)
        day = last + 5 + int(plot.draw.exponential(1.5 * MONTH))


def _attend(plot: Plot, turn: int) -> None:
    """Send the subject to traumatic incidents of the same borough during the subject's tours."""
    tours = plot.rows("shift", last=turn - 1)
    incident = plot.scene.tables["incident"]
    bad = incident.take((incident["severity"] >= _TRAUMATIC) & ~plot.attended())
    if not len(tours) or not len(bad):
        return
    tour = np.searchsorted(tours["starts_at"], bad["opened_at"], side="right") - 1
    during = (tour >= 0) & (bad["opened_at"] < tours["ends_at"][np.maximum(tour, 0)])
    free = np.flatnonzero(during)
    wanted = max(1, int(plot.draw.poisson(plot.intensity * (turn - plot.subject.first) / MONTH)))
    chosen = bad.take(np.sort(plot.draw.permutation(free)[:wanted]))
    plot.add(
        "attendance",
        incident_id=chosen["incident_id"],
        officer_id=np.full(len(chosen), plot.person),
        _at=chosen["opened_at"],
        _incident=chosen["_number"],
        known_on=chosen["known_on"],
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
    eligible=_eligible,
    plant=_plant,
)
