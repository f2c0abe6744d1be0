"""Burnout: overtime that grows for months, then short psychological sickness that comes more often and lasts longer.

A welfare concern, never a standards one. Modelled on the growth of days lost to mental ill health in London (78,859
officer-days in 2021/22) and on rest days owed.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, psychological_sickness
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.planted_subject import MONTH
from data.synthetic.subject_records import SubjectRecords

_OVERLOAD = 0.45


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "detective", "public_protection", "custody", "neighbourhood")


def _plant(records: SubjectRecords) -> None:
    turn = records.subject.first + int((records.subject.last - records.subject.first) * _OVERLOAD)
    _overload(records, turn)
    day, length = turn, 2.0
    while day < records.subject.last:
        days = int(1 + records.draw.poisson(length))
        last = min(day + days - 1, records.subject.last)
        events.away(records, day, last, kind="sickness", psychological=True)
        day = last + 1 + int(records.draw.exponential(MONTH / records.intensity))
        length *= 1.35


def _overload(records: SubjectRecords, turn: int) -> None:
    """Add overtime to ever more tours until the turn."""
    tours = records.rows("shift", last=turn - 1)
    if not len(tours):
        return
    progress = (tours.day() - records.subject.first) / max(1, turn - records.subject.first)
    tours = tours.take(records.draw.random(len(tours)) < records.weakened(1.0) * (0.15 + 0.45 * progress))
    events.lengthen(records, tours, events.quarters(records, len(tours), 4, 13), reason="backfill")


TYPOLOGY = Typology(
    name="burnout",
    summary="works ever more overtime, then is ever more often away sick",
    basis="growth of days lost to mental ill health in London; rest days owed",
    concern="welfare",
    share=0.012,
    months=(8, 16),
    intensity=1.2,
    intensity_means="spells of sickness a month after the turn",
    benchmark=Benchmark(table="absence", comparable=psychological_sickness),
    eligible=_eligible,
    plant=_plant,
)
