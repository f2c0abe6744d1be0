"""Some teams' shifts are not recorded, so that what their members do seems to happen in less time."""

from __future__ import annotations

import numpy as np

from stress.draft import Draft
from stress.scenario import Scenario


def lose_shifts(draft: Draft, dose: float) -> None:
    """Take a share of shifts out of a quarter of the teams; what was done on them stays."""
    kind = draft.column("unit", "kind")
    teams = draft.keys("unit")[kind == "team"]
    unlucky = teams[draft.rng.random(len(teams)) < UNLUCKY]
    level = draft.rng.random(draft.size("shift"))
    draft.drop("shift", np.isin(draft.column("shift", "unit_id"), unlucky) & (level < dose))


UNLUCKY = 0.25

SCENARIO = Scenario(
    question="What if some teams' shifts are missing, while everything they did is there?",
    modelled_on="an early-warning system whose exposure ratios were switched off, and rosters kept outside the system."
    " Which teams and how much is an assumption.",
    expects="innocent members of those teams are flagged by every method that divides by shifts",
    dose="share of shifts missing in a quarter of the teams",
    doses=(0.25, 0.5, 0.8),
    tables=("shift",),
    breaks=(("roster_edit", "link(shift_id)"),),
    records=lose_shifts,
)
