"""Lent to a tactical unit or to custody: force is recorded for each officer and each person, compliant handcuffs too.

Force is recorded per officer per subject (gov.uk): a role, not a person, explains the count.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.activity import subjects
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import codes

_REPORTS = 3.5
_TACTICS = ("compliant_handcuffs", "compliant_handcuffs", "handcuffs", "unarmed")


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "custody")


def _plant(plot: Plot) -> None:
    tour = events.on_tours(plot, plot.count(_REPORTS * plot.intensity))
    count = len(tour)
    plot.add(
        "use_of_force",
        officer_id=tour["officer_id"],
        used_at=events.within(plot, tour),
        tactic=plot.draw.choice(codes("use_of_force", "tactic", _TACTICS), count),
        severity=plot.draw.integers(1, 3, count),
        subject_ethnicity=subjects(plot.draw, count),
        subject_injured=(plot.draw.random(count) < 0.03).astype(int),
        officer_injured=(plot.draw.random(count) < 0.03).astype(int),
        video=(plot.draw.random(count) < 0.95).astype(int),
    )


ARCHETYPE = Archetype(
    name="tactical_secondment",
    summary="lent to a tactical unit or custody, where force reports are part of the work",
    basis="gov.uk, use of force statistics: one report per officer and subject",
    share=0.02,
    months=(3, 9),
    moves=(Move("use_of_force"),),
    eligible=_eligible,
    plant=_plant,
)
