"""On call: looks at systems and comes to sites at night and at weekends, because that is the job.

Compare with the duty recorded: the tours are there, as on-call tours.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.lookups import anybody
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import code

_NIGHTS = 4.0
_LOOKUPS = 4


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("detective", "intelligence", "public_protection", "headquarters")


def _plant(plot: Plot) -> None:
    day = np.unique(plot.some(plot.rows("shift"), plot.count(_NIGHTS * plot.intensity)).day())
    starts = day * 1440 + 1140
    plot.add(
        "shift",
        officer_id=plot.person,
        unit_id=plot.unit_id,
        duty=code("shift", "duty", "on_call"),
        place=code("shift", "place", "home"),
        starts_at=starts,
        ends_at=starts + 660,
        overtime_minutes=np.zeros(len(day), dtype=int),
    )
    at = np.repeat(starts, _LOOKUPS) + plot.draw.integers(10, 640, len(starts) * _LOOKUPS)
    people = anybody(plot.scene, plot.draw, len(at))
    events.look_at(plot, at, people=people, systems=("crime", "national", "intelligence"))


ARCHETYPE = Archetype(
    name="on_call_specialist",
    summary="looks at systems at night, on call",
    basis="on-call duty; assumption about how often",
    share=0.02,
    months=(6, 15),
    moves=(Move("system_access", where="hour(accessed_at) >= 19 OR hour(accessed_at) < 6"),),
    eligible=_eligible,
    plant=_plant,
)
