"""Force escalation: harder force than colleagues at the same incidents, with video off.

Modelled on same-scene comparison of officers (Ridgeway 2026): what colleagues present used is the yardstick.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.layers.activity import subjects
from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot
from data.synthetic.rows import codes

_HARD = ("baton", "spray", "taser", "unarmed", "handcuffs")
_VIDEO = 0.35
_HARDER = 0.6


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "public_order", "neighbourhood", "firearms")


def _plant(plot: Plot) -> None:
    own = plot.rows("use_of_force")
    harder = own.take(plot.draw.random(len(own)) < _HARDER)
    plot.alter(
        harder,
        severity=np.minimum(harder["severity"] + plot.draw.integers(1, 3, len(harder)), 5),
        video=(plot.draw.random(len(harder)) < _VIDEO).astype(int),
    )
    attended = plot.rows("attendance")
    forced = attended.take(np.isin(attended["incident_id"], plot.scene.tables["use_of_force"]["incident_id"]))
    forced = forced.take(~np.isin(forced["incident_id"], own["incident_id"]))
    scene = plot.some(forced, plot.count(plot.intensity))
    count = len(scene)
    plot.add(
        "use_of_force",
        officer_id=scene["officer_id"],
        incident_id=scene["incident_id"],
        used_at=scene["_at"] + plot.draw.integers(5, 30, count),
        tactic=plot.draw.choice(codes("use_of_force", "tactic", _HARD), count),
        severity=plot.draw.integers(3, 6, count),
        subject_ethnicity=subjects(plot.draw, count),
        subject_injured=(plot.draw.random(count) < 0.25).astype(int),
        officer_injured=(plot.draw.random(count) < 0.05).astype(int),
        video=(plot.draw.random(count) < _VIDEO).astype(int),
    )


TYPOLOGY = Typology(
    name="force_escalation",
    summary="uses harder force than those present at the same incidents, often with video off",
    basis="same-scene comparison of officers, Ridgeway 2026; use of force standard",
    concern="standards",
    share=0.010,
    months=(6, 18),
    intensity=1.5,
    intensity_means="added force reports a month",
    eligible=_eligible,
    plant=_plant,
)
