"""A long-term condition: many short spells of sickness for a disability-related reason.

Equality Act 2010 sections 15 and 20; Griffiths v Secretary of State for Work and Pensions.
"""

from __future__ import annotations

import numpy as np

from data.synthetic.plantings import Archetype, Candidates
from data.synthetic.plot import Plot
from data.synthetic.rows import code
from data.synthetic.streams import Array

_SPELLS = 0.8


def _eligible(candidates: Candidates) -> Array:
    disabled: Array = candidates.force.people.disability == 1
    return disabled


def _plant(plot: Plot) -> None:
    for day in plot.days(plot.count(_SPELLS * plot.intensity)).tolist():
        last = min(day + int(plot.draw.integers(0, 4)), plot.subject.last)
        plot.add(
            "absence",
            officer_id=plot.person,
            kind=code("absence", "kind", "sickness"),
            psychological=int(plot.draw.random() < 0.2),
            certified=0,
            started_on=np.array([day]),
            ended_on=np.array([last]),
        )
        plot.clear(day, last)


ARCHETYPE = Archetype(
    name="long_term_condition",
    summary="short spells of sickness, often, from a long-term condition",
    basis="Equality Act 2010 sections 15 and 20",
    share=0.25,
    months=(12, 24),
    moves=("absence",),
    eligible=_eligible,
    plant=_plant,
)
