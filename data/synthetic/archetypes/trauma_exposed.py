"""Trauma exposure handled well: one terrible incident, the course taken, a short psychological absence, and back.

Growth of days lost to mental ill health in London (78,859 officer-days in 2021/22). The same start as the typology
`trauma_without_decompression`, without its course.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import code


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "roads", "detective", "public_protection", "firearms")


def _plant(plot: Plot) -> None:
    due = plot.subject.first + 14
    plot.add(
        "training",
        officer_id=plot.person,
        course=code("training", "course", "Trauma decompression"),
        due_on=np.array([due]),
        completed_on=np.array([min(due + 5, plot.scene.force.end - 1)]),
    )
    last = plot.subject.first + int(plot.draw.integers(4, 20))
    events.away(plot, plot.subject.first + 1, last, kind="sickness", psychological=True)


ARCHETYPE = Archetype(
    name="trauma_exposed",
    summary="one terrible incident, the course taken, a short absence, and back",
    basis="Mayor of London, answer on mental-health days 2021/22, in press",
    share=0.012,
    months=(1, 2),
    moves=(Move("absence", where="psychological"),),
    eligible=_eligible,
    plant=_plant,
)
