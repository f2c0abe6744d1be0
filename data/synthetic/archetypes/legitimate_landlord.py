"""A landlord: several properties on outside registers, all declared.

Property is the commonest declared business interest (freedom of information request, 2021).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & (candidates.service > 3)


def _plant(records: SubjectRecords) -> None:
    count = int(records.draw.integers(2, 5))
    since = np.full(count, max(records.joined_by(records.person), records.subject.first)) + np.arange(count) * 20
    since = np.minimum(since, records.cell.force.end - 60)
    kind = code("declaration", "kind", "property")
    declared = since + records.draw.integers(0, 25, count)
    records.add("declaration", officer_id=records.person, kind=kind, valid_from=since, declared_on=declared)
    records.add(
        "external_register",
        officer_id=records.person,
        kind=kind,
        valid_from=since + records.draw.integers(0, 15, count),
        match_score=np.round(0.88 + 0.12 * records.draw.random(count), 3),
        known_on=since + records.draw.integers(40, 58, count),
    )


ARCHETYPE = Archetype(
    name="legitimate_landlord",
    summary="several properties on registers, all declared",
    basis="freedom of information request, in press, 2021: property the commonest interest",
    told_by="`declaration` beside `external_register`: every property is declared",
    share=0.01,
    months=(8, 24),
    moves=(Move("declaration"), Move("external_register")),
    eligible=_eligible,
    plant=_plant,
)
