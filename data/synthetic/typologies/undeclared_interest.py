"""Undeclared interest: a company, a second job or property on an outside register, and no declaration.

Modelled on the reported use of undeclared associations and of second jobs against attendance in the London pilot, and
on the rule that business interests are declared (13% of officers had declared one in 2021).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords

_KINDS = ("company", "second_job", "property")


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers


def _plant(records: SubjectRecords) -> None:
    declared = records.rows("declaration", first=0, last=records.cell.force.end)["kind"]
    kinds = [code("external_register", "kind", name) for name in _KINDS]
    free = [kind for kind in kinds if kind not in declared] or kinds[:1]
    count = max(1, round(records.intensity))
    since = np.full(count, records.subject.first) + records.draw.integers(-30, 30, count)
    records.add(
        "external_register",
        officer_id=records.person,
        kind=records.draw.choice(free, count),
        valid_from=since,
        match_score=np.round(0.86 + 0.14 * records.draw.random(count), 3),
        known_on=np.maximum(since, records.joined_by(records.person)) + records.draw.integers(10, 120, count),
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
