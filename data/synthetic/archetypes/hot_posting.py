"""Lent to a busy area: more incidents a tour than colleagues in the same role and borough, and what follows from them.

Chicago Tier 1 districts and tactical units (press): compare with peers in the same place.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.encounters import FOUND
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.rows import Rows
from data.synthetic.subject_records import SubjectRecords

_INCIDENTS = 18.0
_SEARCHES = 1.5
_COMPLAINTS = 0.08
_GROUNDS = (0.50, 0.30, 0.10, 0.05, 0.05)


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood")


def _plant(records: SubjectRecords) -> None:
    tours = records.rows("shift")
    if not len(tours):
        return
    _attend(records, tours)
    searches = records.count(_SEARCHES * records.intensity)
    events.search(records, searches, found=FOUND, grounds=_GROUNDS)
    days = records.days(int(records.draw.poisson(_COMPLAINTS * records.intensity * records.subject.months)))
    shares = {"duties": 0.7, "powers": 0.3}
    events.complain_about(records, np.full(len(days), records.person), days, shares=shares)


def _attend(records: SubjectRecords, tours: Rows) -> None:
    """Send the subject to more of the incidents of the cell during their tours."""
    incident = records.cell.tables["incident"]
    tour = np.searchsorted(tours["starts_at"], incident["opened_at"], side="right") - 1
    during = (tour >= 0) & (incident["opened_at"] < tours["ends_at"][np.maximum(tour, 0)])
    free = np.flatnonzero(during & ~records.attended())
    selection = incident.take(np.sort(records.draw.permutation(free)[: records.count(_INCIDENTS * records.intensity)]))
    records.add(
        "attendance",
        incident_id=selection["incident_id"],
        officer_id=np.full(len(selection), records.person),
        _at=selection["opened_at"],
        _incident=selection["_number"],
        known_on=selection["known_on"],
    )


ARCHETYPE = Archetype(
    name="hot_posting",
    summary="lent to a busy area: more incidents, searches and complaints",
    basis="Chicago Tribune on districts and tactical units; posting carries signal",
    told_by="`posting` and the area of each incident: exposure by incidents attended in place of days served",
    share=0.02,
    months=(3, 9),
    moves=(Move("attendance"), Move("stop_search")),
    eligible=_eligible,
    plant=_plant,
)
