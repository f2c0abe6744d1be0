"""Force escalation: harder force than colleagues at the same incidents, with video off.

Modelled on same-scene comparison of officers (Ridgeway 2026): what colleagues present used is the yardstick.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.benchmark import Benchmark, hard_force
from data.synthetic.layers.encounters import after_arrival, subjects
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.rows import codes
from data.synthetic.subject_records import SubjectRecords

_HARD = ("baton", "spray", "taser", "unarmed", "handcuffs")
_VIDEO = 0.35
_HARDER = 0.6


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "public_order", "neighbourhood", "firearms")


def _plant(records: SubjectRecords) -> None:
    own = records.rows("use_of_force")
    harder = own.take(records.draw.random(len(own)) < records.weakened(_HARDER))
    records.alter(
        harder,
        severity=np.minimum(harder["severity"] + records.draw.integers(1, 3, len(harder)), 5),
        video=(records.draw.random(len(harder)) < records.share(_VIDEO)).astype(int),
    )
    attended = records.rows("attendance")
    forced = attended.take(np.isin(attended["incident_id"], records.cell.tables["use_of_force"]["incident_id"]))
    forced = forced.take(~np.isin(forced["incident_id"], own["incident_id"]))
    scene = records.some(forced, records.count(records.intensity))
    count = len(scene)
    records.add(
        "use_of_force",
        officer_id=scene["officer_id"],
        incident_id=scene["incident_id"],
        used_at=after_arrival(records.draw, scene["_at"]),
        tactic=records.draw.choice(codes("use_of_force", "tactic", _HARD), count),
        severity=records.draw.integers(3, 6, count),
        subject_ethnicity=subjects(records.draw, count, records.cell.world),
        subject_injured=(records.draw.random(count) < 0.25).astype(int),
        officer_injured=(records.draw.random(count) < 0.05).astype(int),
        video=(records.draw.random(count) < records.share(_VIDEO)).astype(int),
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
    benchmark=Benchmark(table="use_of_force", comparable=hard_force),
    eligible=_eligible,
    plant=_plant,
)
