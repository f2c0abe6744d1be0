"""A summer of major incidents: cancelled rest days, long shifts, and terrible scenes for those who were sent."""

from __future__ import annotations

import numpy as np

from stress.draft import DAY, Draft
from stress.scenario import Scenario

FIRST, LAST = 110, 20
EXTRA_MINUTES = 180
SCENES = 6


def send_out(draft: Draft, dose: float) -> None:
    """Give the people who are sent three hours of aid overtime on every shift of the summer, and terrible scenes."""
    officers = draft.current_officers()
    officers_sent = officers[draft.rng.random(len(officers)) < dose]
    began = draft.column("shift", "starts_at")
    summer = (began >= (draft.ends - FIRST) * DAY) & (began < (draft.ends - LAST) * DAY)
    rows = summer & np.isin(draft.column("shift", "officer_id"), officers_sent)
    draft.change(
        "shift",
        rows,
        overtime_minutes=draft.column("shift", "overtime_minutes")[rows] + EXTRA_MINUTES,
        overtime_reason="aid",
    )
    _attend(draft, officers_sent)


def _attend(draft: Draft, officers: np.ndarray) -> None:
    opened = draft.column("incident", "opened_at")
    summer = (opened >= (draft.ends - FIRST) * DAY) & (opened < (draft.ends - LAST) * DAY)
    worst = np.flatnonzero(summer & (draft.column("incident", "severity") >= 4))
    # Drawn for everybody, so that who is sent at a higher dose sees what they would have seen at a lower one.
    places = (
        draft.rng.integers(0, max(len(worst), 1), (len(officers), SCENES)) if len(worst) else np.zeros((0, SCENES), int)
    )
    scene = worst[places.reshape(-1)]
    draft.add(
        "attendance",
        len(scene),
        incident_id=draft.keys("incident")[scene],
        officer_id=np.repeat(officers[: len(places)], SCENES),
        known_on=draft.column("incident", "known_on")[scene],
    )


SCENARIO = Scenario(
    question="What if a summer of major incidents cancels rest days and sends people to terrible scenes?",
    modelled_on="London in 2017 (terrorist attacks, Grenfell) and 184,000 rest days owed in 2018 (BBC). Minutes and"
    " scenes are assumptions.",
    expects="many more people could be flagged for welfare than places allow; at a set capacity others are displaced",
    dose="share of people who are sent",
    doses=(0.05, 0.2, 0.5),
    tables=("shift", "attendance"),
    records=send_out,
)
