"""A proactive officer: searches, looks up and is complained of more, because they do more.

Terrill and McCluskey (2002): officers with many complaints also engage more.
"""

from __future__ import annotations

import numpy as np

from data.synthetic.layers.activity import FOUND, VIDEO_ON, subjects
from data.synthetic.plantings import Archetype, Candidates
from data.synthetic.plot import Plot
from data.synthetic.rows import code
from data.synthetic.streams import Array, chance, pick

_SEARCHES = 5.0
_FOUND_MORE = 0.12
_CATEGORIES = (0.55, 0.30, 0.10, 0.05)


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood")


def _plant(plot: Plot) -> None:
    tours = plot.rows("shift")
    if not len(tours):
        return
    tour = tours.take(plot.draw.integers(0, len(tours), plot.count(_SEARCHES * plot.intensity)))
    count = len(tour)
    structure = plot.scene.force.structure
    own = structure.area_unit[structure.team_area[plot.scene.force.stints.team[plot.subject.post]]]
    plot.add(
        "stop_search",
        officer_id=plot.person,
        unit_id=own,
        searched_at=tour["starts_at"] + plot.draw.integers(10, 500, count),
        subject_ethnicity=subjects(plot.draw, count),
        grounds=pick(plot.draw, count, (0.58, 0.22, 0.12, 0.02, 0.06)),
        found=chance(plot.draw, FOUND + _FOUND_MORE, count),
        video=chance(plot.draw, VIDEO_ON, count),
    )
    days = plot.days(int(plot.draw.poisson(0.12 * plot.intensity * plot.subject.months)))
    received = days + plot.draw.integers(0, 40, len(days))
    plot.add(
        "complaint",
        complaint_id=plot.new_ids("complaint/case", len(days)),
        officer_id=np.full(len(days), plot.person),
        category=pick(plot.draw, len(days), _CATEGORIES),
        source=code("complaint", "source", "public"),
        occurred_on=days,
        received_on=received,
    )


ARCHETYPE = Archetype(
    name="productive_officer",
    summary="does more, so is complained of more",
    basis="Terrill and McCluskey 2002",
    share=0.03,
    months=(12, 24),
    moves=("stop_search", "complaint"),
    eligible=_eligible,
    plant=_plant,
)
