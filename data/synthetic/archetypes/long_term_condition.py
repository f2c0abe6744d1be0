"""A long-term condition: many short spells of sickness for a disability-related reason.

Equality Act 2010 sections 15 and 20; Griffiths v Secretary of State for Work and Pensions.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot

_SPELLS = 0.8


def _eligible(candidates: Candidates) -> Array:
    disabled: Array = candidates.force.people.disability == 1
    return disabled


def _plant(plot: Plot) -> None:
    for day in plot.days(plot.count(_SPELLS * plot.intensity)).tolist():
        last = min(day + int(plot.draw.integers(0, 4)), plot.subject.last)
        events.away(plot, day, last, kind="sickness", psychological=bool(plot.draw.random() < 0.2))


ARCHETYPE = Archetype(
    name="long_term_condition",
    summary="short spells of sickness, often, from a long-term condition",
    basis="Equality Act 2010 sections 15 and 20",
    share=0.25,
    months=(12, 24),
    moves=(Move("absence", where="kind = 'sickness'"),),
    eligible=_eligible,
    plant=_plant,
)
