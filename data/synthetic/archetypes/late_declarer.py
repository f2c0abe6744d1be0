"""Recent policy change: a membership held for years and declared within weeks of the rule that asks for it.

About 300 declared by 2 January and 400 by 17 February 2026, after the rule of December 2025: before the rule there was
nothing to declare.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.layers.interests import MEMBERSHIP_RULE
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords

_GRACE = 75


def _eligible(candidates: Candidates) -> Array:
    return candidates.rank >= 0


def _plant(records: SubjectRecords) -> None:
    since = max(records.joined_by(records.person), records.subject.first - int(records.draw.integers(600, 4000)))
    kind = code("declaration", "kind", "membership")
    declared = records.subject.first + int(records.draw.integers(5, _GRACE))
    records.add(
        "external_register",
        officer_id=records.person,
        kind=kind,
        valid_from=np.array([since]),
        match_score=round(0.88 + 0.12 * float(records.draw.random()), 3),
        known_on=np.array([records.subject.first - int(records.draw.integers(30, 300))]),
    )
    if declared < records.cell.force.end:
        records.add(
            "declaration",
            officer_id=records.person,
            kind=kind,
            valid_from=np.array([since]),
            declared_on=np.array([declared]),
        )


ARCHETYPE = Archetype(
    name="late_declarer",
    summary="a membership held for years, declared soon after the rule came",
    basis="press on the rule of December 2025: 300 to 400 declarations within weeks",
    told_by="`declaration`: the interest was declared soon after the rule came",
    share=0.008,
    months=(2, 4),
    not_before=MEMBERSHIP_RULE,
    moves=(Move("external_register"),),
    eligible=_eligible,
    plant=_plant,
)
