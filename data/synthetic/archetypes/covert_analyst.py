"""An analyst or vetting worker: many look-ups that carry no incident, because the work has none."""

from __future__ import annotations

from data.arrays import Array
from data.synthetic.layers.lookups import anybody
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import codes

_LOOKUPS = 60.0
_SYSTEMS = ("crime", "intelligence", "national", "intelligence")


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("detective", "intelligence", "headquarters")


def _plant(plot: Plot) -> None:
    tours = plot.rows("shift")
    if not len(tours):
        return
    tour = tours.take(plot.draw.integers(0, len(tours), plot.count(_LOOKUPS * plot.intensity)))
    plot.add(
        "system_access",
        officer_id=plot.person,
        system=plot.draw.choice(codes("system_access", "system", _SYSTEMS), len(tour)),
        accessed_at=tour["starts_at"] + plot.draw.integers(5, 480, len(tour)),
        subject_id=anybody(plot.scene, plot.draw, len(tour)),
    )


ARCHETYPE = Archetype(
    name="covert_analyst",
    summary="looks up many people without an incident, because the work has none",
    basis="compare look-ups by role: analysts, detectives, professional standards and vetting",
    share=0.02,
    months=(12, 24),
    moves=(Move("system_access", where="incident_id IS NULL"),),
    eligible=_eligible,
    plant=_plant,
)
