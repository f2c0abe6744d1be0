"""A secondment or course: months in training, with little of the activity that peers of the old role have.

Postings change before records do: assignment needs two times (when true, when known).
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import code


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "roads", "public_order")


def _plant(plot: Plot) -> None:
    plot.alter(
        plot.rows("shift"),
        duty=code("shift", "duty", "training"),
        place=code("shift", "place", "office"),
    )
    for table in ("attendance", "use_of_force", "stop_search", "assault", "vehicle_event"):
        plot.remove(plot.rows(table))


ARCHETYPE = Archetype(
    name="role_change",
    summary="months on a course, with little activity",
    basis="postings change before records do; peer groups mismatch",
    share=0.02,
    months=(2, 6),
    moves=(Move("attendance", up=False), Move("shift", where="duty = 'training'")),
    eligible=_eligible,
    plant=_plant,
)
