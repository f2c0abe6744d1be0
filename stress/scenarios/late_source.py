"""Complaints are recorded only since a while ago, service since anybody joined."""

from __future__ import annotations

from stress.draft import Draft
from stress.scenario import Scenario


def begin_late(draft: Draft, dose: float) -> None:
    """Take away the complaints that became known in the first part of the history."""
    since = draft.starts + round(dose * (draft.ends - draft.starts))
    draft.drop("complaint", draft.column("complaint", "known_on") < since)


SCENARIO = Scenario(
    question="What if complaints have been recorded only since a new system came, while postings reach back for years?",
    modelled_on="extracts that hold what a new case system holds, and nothing of the one before. How late it came is an"
    " assumption.",
    expects="fewer found; whoever joined after that day stands out no more than others, unless years of service without"
    " any record of complaints are taken for years without complaints",
    dose="share of the history that is over when complaints begin to be recorded",
    doses=(0.25, 0.5, 0.75),
    tables=("complaint",),
    records=begin_late,
)
