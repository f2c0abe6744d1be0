"""Force graded harder than colleagues would: some write up what others leave out."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency


def _leave(tendency: Tendency) -> None:
    force = tendency.cell.tables["use_of_force"]
    hits = tendency.hits(force["officer_id"], force.day())
    steps = tendency.draw("steps").integers(1, 3, len(force))
    severity = np.where(hits, np.minimum(force["severity"] + steps, 5), force["severity"])
    tendency.cell.set_columns("use_of_force", severity=severity.astype(np.int32))


NUISANCE = Nuisance(
    name="force_severity",
    summary="grades own force harder than colleagues do",
    serves=(
        "force_harsher_than_present",
        "force_severity",
    ),
    leave=_leave,
)
