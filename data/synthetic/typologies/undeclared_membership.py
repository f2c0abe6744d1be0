"""Undeclared membership: a membership on an outside register that the rule of December 2025 says must be declared.

Modelled on 12 gross-misconduct investigations and 30 prevention notices of the London pilot. The rule starts on a date:
nothing before it is of concern, and nobody who declared is.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.layers.interests import MEMBERSHIP_RULE
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers


def _plant(records: SubjectRecords) -> None:
    membership = code("declaration", "kind", "membership")
    declared = records.rows("declaration", first=0, last=records.cell.force.end)["kind"]
    if membership in declared:
        return
    since = max(records.joined_by(records.person), records.subject.first - int(records.draw.integers(400, 3000)))
    records.add(
        "external_register",
        officer_id=records.person,
        kind=membership,
        valid_from=np.array([since]),
        match_score=round(0.86 + 0.14 * float(records.draw.random()), 3),
        known_on=np.array([records.subject.first + int(records.draw.integers(0, 60))]),
    )


TYPOLOGY = Typology(
    name="undeclared_membership",
    summary="is a member of a society whose membership must be declared, and has not declared it",
    basis="published output of the London pilot: 12 investigations, 30 notices; the rule of December 2025",
    concern="standards",
    share=0.004,
    months=(6, 24),
    intensity=1.0,
    intensity_means="memberships",
    not_before=MEMBERSHIP_RULE,
    eligible=_eligible,
    plant=_plant,
)
