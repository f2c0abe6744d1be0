"""A landlord: several properties on outside registers, all declared.

Property is the commonest declared business interest (freedom of information request, 2021).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import code


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & (candidates.service > 3)


def _plant(plot: Plot) -> None:
    count = int(plot.draw.integers(2, 5))
    since = np.full(count, max(plot.joined_by(plot.person), plot.subject.first)) + np.arange(count) * 20
    since = np.minimum(since, plot.scene.force.end - 60)
    kind = code("declaration", "kind", "property")
    declared = since + plot.draw.integers(0, 25, count)
    plot.add("declaration", officer_id=plot.person, kind=kind, valid_from=since, declared_on=declared)
    plot.add(
        "external_register",
        officer_id=plot.person,
        kind=kind,
        valid_from=since + plot.draw.integers(0, 15, count),
        match_score=np.round(0.88 + 0.12 * plot.draw.random(count), 3),
        known_on=since + plot.draw.integers(40, 58, count),
    )


ARCHETYPE = Archetype(
    name="legitimate_landlord",
    summary="several properties on registers, all declared",
    basis="freedom of information request, in press, 2021: property the commonest interest",
    share=0.01,
    months=(8, 24),
    moves=(Move("declaration"), Move("external_register")),
    eligible=_eligible,
    plant=_plant,
)
