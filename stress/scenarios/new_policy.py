"""A policy begins mid-window: what was nobody's duty becomes everybody's, and word gets round slowly."""

from __future__ import annotations

import numpy as np

from data.calendar import day_number
from models.contradictions.policy import policies
from stress.draft import Draft
from stress.scenario import Scenario

POLICY, KIND = "declared_interests", "membership"
LATEST = 400


def hear_late(draft: Draft, dose: float) -> None:
    """Make a share of people members of long standing, who declare within a year or so of the policy's first day."""
    officers = draft.current_officers()
    level = draft.rng.random(len(officers))
    since_day = draft.starts - draft.rng.integers(300, 3000, len(officers))
    delay = draft.rng.integers(0, LATEST, len(officers))
    policy_start = begins()
    register_ids = draft.column("external_register", "officer_id")[draft.column("external_register", "kind") == KIND]
    declaration_ids = draft.column("declaration", "officer_id")[draft.column("declaration", "kind") == KIND]
    # Who is in the register or has declared already is planted, or a member of the world's own.
    members = (level < dose) & ~np.isin(officers, np.concatenate([register_ids, declaration_ids]))
    count = int(members.sum())
    if not count or policy_start >= draft.ends:
        return
    member_ids, declaration_days = officers[members], policy_start + delay[members]
    draft.add(
        "external_register",
        count,
        officer_id=member_ids,
        kind=KIND,
        valid_from=since_day[members],
        match_score=0.97,
        known_on=policy_start,
    )
    draft.add(
        "declaration",
        count,
        officer_id=member_ids,
        kind=KIND,
        valid_from=declaration_days,
        declared_on=declaration_days,
        known_on=declaration_days + 1,
    )


def begins() -> int:
    """Return the first day of the policy's period for memberships."""
    periods = [p for p in policies()[POLICY].period if KIND in p.applies_to.get("kind", [])]
    return day_number(min(p.since for p in periods))


SCENARIO = Scenario(
    question="What if a policy begins mid-window, and word of it gets round slowly?",
    modelled_on="the membership rule of December 2025: some 300 had declared after a month and 400 after ten weeks"
    " (Independent, LBC). How many members there are and how slowly they hear of it is an assumption; nothing is"
    " planted in them, so they count as innocent.",
    expects="members who have not heard of the duty are flagged for undeclared interests until they declare",
    dose="share of people who are members of long standing",
    doses=(0.02, 0.05, 0.1),
    tables=("external_register", "declaration"),
    records=hear_late,
)
