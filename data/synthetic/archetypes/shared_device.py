"""A shared terminal or badge: entries and look-ups under the wrong name, at places and hours the person was not there.

Off-duty capture and shared devices are disputed in the London pilot (press).
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.lookups import anybody
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot

_ENTRIES = 3.0
_LOOKUPS = 5.0


def _eligible(candidates: Candidates) -> Array:
    return candidates.rank >= 0


def _plant(plot: Plot) -> None:
    days = plot.days(plot.count(_ENTRIES * plot.intensity))
    arrives = days * 1440 + plot.draw.integers(360, 1300, len(days))
    plot.add(
        "site_entry",
        officer_id=plot.person,
        site=plot.draw.integers(0, len(plot.scene.force.structure.area_unit), len(days)),
        entered_at=arrives,
        left_at=arrives + plot.draw.integers(20, 300, len(days)),
    )
    tour = events.on_tours(plot, plot.count(_LOOKUPS * plot.intensity))
    at = tour["ends_at"] + plot.draw.integers(15, 400, len(tour))
    people = anybody(plot.scene, plot.draw, len(tour))
    events.look_up(plot, tour, at, people=people, systems=("crime", "custody", "national"))


ARCHETYPE = Archetype(
    name="shared_device",
    summary="entries and look-ups under the wrong name, at odd places and hours",
    basis="Register and BBC copies, April 2026: off-duty capture disputed",
    share=0.01,
    months=(3, 9),
    moves=(Move("site_entry"), Move("system_access", where="incident_id IS NULL")),
    eligible=_eligible,
    plant=_plant,
)
