"""Undeclared interest: a company, a second job or property on an outside register, and no declaration.

Modelled on the reported use of undeclared associations and of second jobs against attendance in the London pilot, and
on the rule that business interests are declared (13% of officers had declared one in 2021).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot
from data.synthetic.rows import code

_KINDS = ("company", "second_job", "property")


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers


def _plant(plot: Plot) -> None:
    declared = plot.rows("declaration", first=0, last=plot.scene.force.end)["kind"]
    kinds = [code("external_register", "kind", name) for name in _KINDS]
    free = [kind for kind in kinds if kind not in declared] or kinds[:1]
    count = max(1, round(plot.intensity))
    since = np.full(count, plot.subject.first) + plot.draw.integers(-30, 30, count)
    plot.add(
        "external_register",
        officer_id=plot.person,
        kind=plot.draw.choice(free, count),
        valid_from=since,
        match_score=np.round(0.86 + 0.14 * plot.draw.random(count), 3),
        known_on=np.maximum(since, plot.joined_by(plot.person)) + plot.draw.integers(10, 120, count),
    )


TYPOLOGY = Typology(
    name="undeclared_interest",
    summary="has a company, second job or property on an outside register and no declaration",
    basis="reported checks of undeclared interests in the London pilot; business interest rules",
    concern="standards",
    share=0.010,
    months=(6, 18),
    intensity=1.2,
    intensity_means="interests",
    eligible=_eligible,
    plant=_plant,
)
