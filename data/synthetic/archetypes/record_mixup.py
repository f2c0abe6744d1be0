"""A record-linkage error: entries of a namesake on outside registers, and look-ups logged under the wrong number.

Common names and re-used warrant numbers merge histories.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.lookups import anybody
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import codes

_LOOKUPS = 6.0


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers


def _plant(plot: Plot) -> None:
    count = int(plot.draw.integers(1, 4))
    since = np.maximum(plot.joined_by(plot.person), plot.subject.first - plot.draw.integers(30, 900, count))
    plot.add(
        "external_register",
        officer_id=plot.person,
        kind=plot.draw.choice(codes("external_register", "kind", ("company", "property", "second_job")), count),
        valid_from=since,
        match_score=np.round(0.72 + 0.22 * plot.draw.random(count), 3),
        known_on=np.full(count, plot.subject.first) + plot.draw.integers(1, 40, count),
    )
    tour = events.on_tours(plot, plot.count(_LOOKUPS * plot.intensity))
    at = tour["starts_at"] - plot.draw.integers(30, 900, len(tour))
    people = anybody(plot.scene, plot.draw, len(tour))
    events.look_up(plot, tour, at, people=people, systems=("crime", "national"))


ARCHETYPE = Archetype(
    name="record_mixup",
    summary="a namesake's register entries and look-ups under the wrong number",
    basis="record linkage: common names, re-used numbers",
    share=0.008,
    months=(4, 12),
    moves=(Move("external_register"), Move("system_access", where="incident_id IS NULL")),
    eligible=_eligible,
    plant=_plant,
)
