"""Whole teams work overtime because their management sets it."""

from __future__ import annotations

import numpy as np

from stress.draft import DAY, Draft
from stress.scenario import Scenario

MINUTES = 90
DAYS = 300


def set_overtime(draft: Draft, dose: float) -> None:
    """Book overtime on every shift of some teams, the edit made by one other than the officer."""
    teams = draft.keys("unit")[draft.column("unit", "kind") == "team"]
    teams_chosen = teams[draft.rng.random(len(teams)) < dose]
    began = draft.column("shift", "starts_at")
    rows_of_shifts = np.isin(draft.column("shift", "unit_id"), teams_chosen) & (began >= (draft.ends - DAYS) * DAY)
    draft.change(
        "shift",
        rows_of_shifts,
        overtime_minutes=draft.column("shift", "overtime_minutes")[rows_of_shifts] + MINUTES,
        overtime_reason="operational",
    )
    edits = draft.column("roster_edit", "shift_id")
    of_those_shifts = np.isin(edits, draft.keys("shift")[rows_of_shifts])
    officers = draft.current_officers()
    manager = int(officers[draft.rng.integers(0, len(officers))]) if len(officers) else -1
    rows = np.flatnonzero(of_those_shifts & (draft.column("roster_edit", "officer_id") != manager))
    draft.copy("roster_edit", rows, planted=False, editor_id=manager, field="overtime", minutes_gained=MINUTES)


SCENARIO = Scenario(
    question="What if management sets overtime for whole teams?",
    modelled_on="overtime 'rackets' around Carnival and New Year that the Casey review (2023, p. 192) calls tolerated"
    " by management: organisational, not personal. Size is an assumption.",
    expects="innocent members of those teams are flagged for welfare; nobody for gain, because they edited nothing",
    dose="share of teams",
    doses=(0.05, 0.15, 0.3),
    tables=("shift", "roster_edit"),
    records=set_overtime,
)
