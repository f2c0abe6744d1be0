"""A faulty badge: office days without an entry, although the person was there.

The innocent side of false office attendance: entries fail for weeks until the badge is replaced.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_FAILS = 0.85


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("headquarters", "intelligence", "detective", "public_protection", "training", "custody")


def _plant(records: SubjectRecords) -> None:
    entries = records.rows("site_entry")
    records.remove(entries.take(records.draw.random(len(entries)) < _FAILS))


ARCHETYPE = Archetype(
    name="badge_failure",
    summary="a faulty badge: office days without an entry, although present",
    basis="attendance data need a model of missingness; assumption",
    told_by="other traces of presence on the day (look-ups, edits), or a fault report from the pass system, which "
    "the contract has no table for",
    share=0.02,
    months=(0.7, 2.5),
    moves=(Move("site_entry", up=False),),
    eligible=_eligible,
    plant=_plant,
)
