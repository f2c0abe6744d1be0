"""Religious observance: leave on the same weekday or feast days, swapped with colleagues.

A proxy for a protected characteristic (Article 9): the regular pattern means nothing else.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_A_MONTH = 2.2


def _eligible(candidates: Candidates) -> Array:
    from data.contract import CONTRACT

    values = CONTRACT["protected_characteristic"].column["religion"].values
    observant = [values.index(name) for name in ("muslim", "jewish", "hindu", "sikh", "christian")]
    return np.isin(candidates.force.people.religion, observant)


def _plant(records: SubjectRecords) -> None:
    tours = records.rows("shift")
    friday = tours.take((tours.day() + 3) % 7 == 4)
    mask = records.some(friday, records.count(_A_MONTH * records.intensity))
    for day in np.unique(mask.day()).tolist():
        events.away(records, day, day, kind="religious")


ARCHETYPE = Archetype(
    name="religious_observance",
    summary="away on the same weekday, again and again",
    basis="Article 9 ECHR; special-category data under UK GDPR",
    told_by="`absence.kind`, and that it is the same weekday; the religion is protected and feeds audits alone",
    share=0.03,
    months=(8, 24),
    moves=(Move("absence", where="kind = 'religious'"),),
    eligible=_eligible,
    plant=_plant,
)
