"""Back at work before the sick note says so: the end of a spell is recorded late, and tours lie inside it.

The innocent side of working while sick: recording lag, not work.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import code

_DAYS = (3, 9)


def _eligible(candidates: Candidates) -> Array:
    return candidates.rank >= 0


def _plant(plot: Plot) -> None:
    first = plot.subject.first
    last = min(first + int(plot.draw.integers(*_DAYS)), plot.subject.last)
    late = min(last + int(plot.draw.integers(3, 9)), plot.scene.force.end - 1, plot.left_by(plot.person))
    plot.add(
        "absence",
        officer_id=plot.person,
        kind=code("absence", "kind", "sickness"),
        psychological=0,
        certified=int(late - first >= 7),
        started_on=np.array([first]),
        ended_on=np.array([max(late, last)]),
    )
    plot.clear(first, last)


ARCHETYPE = Archetype(
    name="late_return_recorded",
    summary="back at work before the recorded end of a sick spell",
    basis="recording lag of sickness ends; assumption",
    share=0.02,
    months=(0.5, 1),
    moves=(Move("absence", where="kind = 'sickness'"),),
    eligible=_eligible,
    plant=_plant,
)
