"""A staff-association representative: union duty in place of tours, and visits to odd sites.

ICO guidance on monitoring workers: union communications need special care.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import SITES, code
from data.synthetic.subject_records import SubjectRecords

_DAYS = 3.0


def _eligible(candidates: Candidates) -> Array:
    return candidates.ranks("constable", "sergeant", "inspector", "staff")


def _plant(records: SubjectRecords) -> None:
    tours = records.some(records.rows("shift"), records.count(_DAYS * records.intensity))
    days = np.unique(tours.day())
    records.add(
        "absence",
        officer_id=records.person,
        kind=code("absence", "kind", "union_duty"),
        started_on=days,
        ended_on=days,
    )
    for day in days.tolist():
        records.clear(day, day)
    arrives = days * 1440 + records.draw.integers(540, 620, len(days))
    records.add(
        "site_entry",
        officer_id=records.person,
        site=records.draw.integers(0, min(SITES, len(records.cell.force.structure.area_unit)), len(days)),
        entered_at=arrives,
        left_at=arrives + records.draw.integers(120, 480, len(days)),
    )


ARCHETYPE = Archetype(
    name="union_representative",
    summary="union duty in place of tours, at many sites",
    basis="ICO, Employment practices and data protection: monitoring workers, 2023",
    told_by="`absence.kind`: union duty",
    share=0.01,
    months=(12, 24),
    moves=(Move("absence"),),
    eligible=_eligible,
    plant=_plant,
)
