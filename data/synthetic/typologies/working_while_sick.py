"""Working while sick: paid tours and a second job inside spells of certified sickness.

Modelled on the reported match of sickness and absence against second jobs in the London pilot, and on fraud among the
national corruption categories.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, sickness
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.planted_subject import MONTH
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords

_TOURS_A_WEEK = 1.5
_DAYS = (9, 24)


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.ranks("constable", "sergeant")


def _plant(records: SubjectRecords) -> None:
    day = records.subject.first + int(records.draw.integers(0, 20))
    while day + _DAYS[0] < records.subject.last:
        last = min(day + int(records.draw.integers(*_DAYS)), records.subject.last)
        events.away(records, day, last, kind="sickness", psychological=False)
        _tours(records, day, last)
        day = last + 8 + int(records.draw.exponential(MONTH / records.intensity))
    _second_job(records)


def _tours(records: SubjectRecords, first: int, last: int) -> None:
    """Add paid overtime tours on some days of the spell, never its first."""
    days = np.arange(first + 2, last + 1)
    days = days[records.draw.random(len(days)) < _TOURS_A_WEEK / 7]
    starts, minutes = events.as_rostered(days)
    records.add(
        "shift",
        officer_id=records.person,
        unit_id=records.unit_id,
        duty=code("shift", "duty", "day"),
        place=code("shift", "place", "field"),
        starts_at=starts,
        ends_at=starts + minutes,
        overtime_minutes=minutes,
        overtime_reason=code("shift", "overtime_reason", "backfill"),
    )


def _second_job(records: SubjectRecords) -> None:
    since = max(records.joined_by(records.person), records.subject.first - int(records.draw.integers(30, 500)))
    records.add(
        "external_register",
        officer_id=records.person,
        kind=code("external_register", "kind", "second_job"),
        valid_from=np.array([since]),
        match_score=round(0.85 + 0.15 * float(records.draw.random()), 3),
    )


TYPOLOGY = Typology(
    name="working_while_sick",
    summary="works paid tours and a second job inside certified sickness",
    basis="reported match of sickness against second jobs in the London pilot; fraud as a corruption category",
    concern="standards",
    share=0.006,
    months=(5, 14),
    intensity=0.5,
    intensity_means="spells a month",
    benchmark=Benchmark(table="absence", comparable=sickness),
    eligible=_eligible,
    plant=_plant,
)
