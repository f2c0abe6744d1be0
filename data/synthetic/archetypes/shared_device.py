"""A shared terminal or badge: entries and look-ups under the wrong name, at places and hours the person was not there.

Off-duty capture and shared devices are disputed in the London pilot (press).
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.lookups import anybody
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_ENTRIES = 3.0
_LOOKUPS = 5.0


def _eligible(candidates: Candidates) -> Array:
    return candidates.rank >= 0


def _plant(records: SubjectRecords) -> None:
    days = records.days(records.count(_ENTRIES * records.intensity))
    arrives = days * 1440 + records.draw.integers(360, 1300, len(days))
    records.add(
        "site_entry",
        officer_id=records.person,
        site=records.draw.integers(0, len(records.cell.force.structure.area_unit), len(days)),
        entered_at=arrives,
        left_at=arrives + records.draw.integers(20, 300, len(days)),
    )
    tour = events.on_tours(records, records.count(_LOOKUPS * records.intensity))
    at = tour["ends_at"] + records.draw.integers(15, 400, len(tour))
    people = anybody(records.cell, records.draw, len(tour))
    events.look_up(records, tour, at, people=people, systems=("crime", "custody", "national"))


ARCHETYPE = Archetype(
    name="shared_device",
    summary="entries and look-ups under the wrong name, at odd places and hours",
    basis="Register and BBC copies, April 2026: off-duty capture disputed",
    told_by="the terminal of a look-up and the place of an entry, where the systems record them",
    share=0.01,
    months=(3, 9),
    moves=(Move("site_entry"), Move("system_access", where="incident_id IS NULL")),
    eligible=_eligible,
    plant=_plant,
)
