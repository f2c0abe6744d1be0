"""Maternity leave: months away, then back. Protected; absence and a change of pattern mean nothing else."""

from __future__ import annotations

import numpy as np

from data.synthetic.plantings import Archetype, Candidates
from data.synthetic.plot import Plot
from data.synthetic.rows import NO_TIME, code
from data.synthetic.streams import Array


def _eligible(candidates: Candidates) -> Array:
    people = candidates.force.people
    young = people.age_band <= code("protected_characteristic", "age_band", "26-40")
    women: Array = people.sex == code("protected_characteristic", "sex", "female")
    return women & young


def _plant(plot: Plot) -> None:
    lasts = plot.subject.last >= plot.scene.force.end - 1
    plot.add(
        "absence",
        officer_id=plot.person,
        kind=code("absence", "kind", "maternity"),
        started_on=np.array([plot.subject.first]),
        ended_on=np.array([NO_TIME if lasts else plot.subject.last]),
    )
    plot.clear(plot.subject.first, plot.subject.last)


ARCHETYPE = Archetype(
    name="new_parent",
    summary="away on maternity leave for months",
    basis="protected absence; excluded or handled before any score",
    share=0.07,
    months=(6, 12),
    moves=("absence",),
    eligible=_eligible,
    plant=_plant,
)
