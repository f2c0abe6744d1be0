"""Lent to a busy area: more incidents a tour than colleagues in the same role and borough, and what follows from them.

Chicago Tier 1 districts and tactical units (press): compare with peers in the same place.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.activity import FOUND
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import Rows

_INCIDENTS = 18.0
_SEARCHES = 1.5
_COMPLAINTS = 0.08
_GROUNDS = (0.50, 0.30, 0.10, 0.05, 0.05)


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood")


def _plant(plot: Plot) -> None:
    tours = plot.rows("shift")
    if not len(tours):
        return
    _attend(plot, tours)
    searches = plot.count(_SEARCHES * plot.intensity)
    events.search(plot, searches, found=FOUND, grounds=_GROUNDS)
    days = plot.days(int(plot.draw.poisson(_COMPLAINTS * plot.intensity * plot.subject.months)))
    shares = {"duties": 0.7, "powers": 0.3}
    events.complain_about(plot, np.full(len(days), plot.person), days, shares=shares)


def _attend(plot: Plot, tours: Rows) -> None:
    """Send the subject to more of the incidents of the cell during their tours."""
    incident = plot.scene.tables["incident"]
    tour = np.searchsorted(tours["starts_at"], incident["opened_at"], side="right") - 1
    during = (tour >= 0) & (incident["opened_at"] < tours["ends_at"][np.maximum(tour, 0)])
    free = np.flatnonzero(during & ~plot.attended())
    chosen = incident.take(np.sort(plot.draw.permutation(free)[: plot.count(_INCIDENTS * plot.intensity)]))
    plot.add(
        "attendance",
        incident_id=chosen["incident_id"],
        officer_id=np.full(len(chosen), plot.person),
        _at=chosen["opened_at"],
        _incident=chosen["_number"],
        known_on=chosen["known_on"],
    )


ARCHETYPE = Archetype(
    name="hot_posting",
    summary="lent to a busy area: more incidents, searches and complaints",
    basis="Chicago Tribune on districts and tactical units; posting carries signal",
    share=0.02,
    months=(3, 9),
    moves=(Move("attendance"), Move("stop_search")),
    eligible=_eligible,
    plant=_plant,
)
