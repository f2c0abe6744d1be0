"""Injuries recorded of the person that force was used on: some record every graze."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency


def _leave(tendency: Tendency) -> None:
    force = tendency.cell.tables["use_of_force"]
    hits = tendency.hits(force["officer_id"], force.day())
    injured = np.where(hits, 1, force["subject_injured"])
    tendency.cell.set_columns("use_of_force", subject_injured=injured.astype(np.int8))


NUISANCE = Nuisance(
    name="injury_recorded",
    summary="records every graze of the person force was used on",
    serves=("injurious_force",),
    leave=_leave,
)
