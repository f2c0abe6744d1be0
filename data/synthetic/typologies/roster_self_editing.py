"""Roster self-editing for pay: overtime added to one's own tours after the event.

Modelled on the largest group in the published output of the London pilot: 98 people assessed for misconduct and about
500 prevention notices for abuse of the roster system.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, own_gains
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.ranks("constable", "sergeant")


def _plant(records: SubjectRecords) -> None:
    tours = records.some(records.rows("shift"), records.count(records.intensity))
    gained = events.quarters(records, len(tours), 2, 8)
    at = events.after(records, tours, days=5.0)
    events.edit(records, tours, editor=records.person, at=at, field="overtime", minutes=gained)
    events.lengthen(records, tours, gained, reason="operational")


TYPOLOGY = Typology(
    name="roster_self_editing",
    summary="adds overtime to their own tours days after the event",
    basis="published output of the London pilot: 98 people assessed, about 500 prevention notices",
    concern="standards",
    share=0.012,
    months=(6, 18),
    intensity=5.0,
    intensity_means="edits a month",
    benchmark=Benchmark(table="roster_edit", comparable=own_gains),
    eligible=_eligible,
    plant=_plant,
)
