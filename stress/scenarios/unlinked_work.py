"""Incident numbers are no longer entered with look-ups, because a new form does not ask for them."""

from __future__ import annotations

import numpy as np

from stress.draft import DAY, NULL, Draft
from stress.scenario import Scenario

DAYS = 120


def drop_numbers(draft: Draft, dose: float) -> None:
    """Blank the incident of a share of look-ups by half of the people in the last months."""
    officers = np.sort(draft.keys("officer"))
    new_form = draft.rng.random(len(officers)) < 0.5
    level = draft.rng.random(draft.size("system_access"))
    on_new_form = new_form[np.searchsorted(officers, draft.column("system_access", "officer_id"))]
    recent = draft.column("system_access", "accessed_at") >= (draft.ends - DAYS) * DAY
    linked = draft.column("system_access", "incident_id") != NULL
    draft.change("system_access", on_new_form & recent & linked & (level < dose), incident_id=NULL)


SCENARIO = Scenario(
    question="What if half of the people get a form that no longer asks for the incident a look-up is for?",
    modelled_on="a release of a records system that makes a field optional. Who gets it and how often they leave it out"
    " is an assumption.",
    expects="innocent people with the new form are flagged for look-ups without an incident",
    dose="share of look-ups whose incident is left out",
    doses=(0.05, 0.2, 0.5),
    tables=("system_access",),
    records=drop_numbers,
)
