"""A record-linkage error: entries of a namesake on outside registers, and look-ups logged under the wrong number.

Common names and re-used warrant numbers merge histories.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.lookups import anybody
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import codes
from data.synthetic.subject_records import SubjectRecords

_LOOKUPS = 6.0


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers


def _plant(records: SubjectRecords) -> None:
    count = int(records.draw.integers(1, 4))
    since = np.maximum(records.joined_by(records.person), records.subject.first - records.draw.integers(30, 900, count))
    records.add(
        "external_register",
        officer_id=records.person,
        kind=records.draw.choice(codes("external_register", "kind", ("company", "property", "second_job")), count),
        valid_from=since,
        match_score=np.round(0.72 + 0.22 * records.draw.random(count), 3),
        known_on=np.full(count, records.subject.first) + records.draw.integers(1, 40, count),
    )
    tour = events.on_tours(records, records.count(_LOOKUPS * records.intensity))
    at = tour["starts_at"] - records.draw.integers(30, 900, len(tour))
    people = anybody(records.cell, records.draw, len(tour))
    events.look_up(records, tour, at, people=people, systems=("crime", "national"))


ARCHETYPE = Archetype(
    name="record_mixup",
    summary="a namesake's register entries and look-ups under the wrong number",
    basis="record linkage: common names, re-used numbers",
    told_by="`external_register.match_score`, and look-ups at hours and places of the namesake",
    share=0.008,
    months=(4, 12),
    moves=(Move("external_register"), Move("system_access", where="incident_id IS NULL")),
    eligible=_eligible,
    plant=_plant,
)
