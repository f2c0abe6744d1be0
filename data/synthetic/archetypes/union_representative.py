"""A staff-association representative: union duty in place of tours, and visits to odd sites.

ICO guidance on monitoring workers: union communications need special care.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import SITES, code

_DAYS = 3.0


def _eligible(candidates: Candidates) -> Array:
    return candidates.ranks("constable", "sergeant", "inspector", "staff")


def _plant(plot: Plot) -> None:
    tours = plot.some(plot.rows("shift"), plot.count(_DAYS * plot.intensity))
    days = np.unique(tours.day())
    plot.add(
        "absence",
        officer_id=plot.person,
        kind=code("absence", "kind", "union_duty"),
        started_on=days,
        ended_on=days,
    )
    for day in days.tolist():
        plot.clear(day, day)
    arrives = days * 1440 + plot.draw.integers(540, 620, len(days))
    plot.add(
        "site_entry",
        officer_id=plot.person,
        site=plot.draw.integers(0, min(SITES, len(plot.scene.force.structure.area_unit)), len(days)),
        entered_at=arrives,
        left_at=arrives + plot.draw.integers(120, 480, len(days)),
    )


ARCHETYPE = Archetype(
    name="union_representative",
    summary="union duty in place of tours, at many sites",
    basis="ICO, Employment practices and data protection: monitoring workers, 2023",
    share=0.01,
    months=(12, 24),
    moves=(Move("absence"),),
    eligible=_eligible,
    plant=_plant,
)
