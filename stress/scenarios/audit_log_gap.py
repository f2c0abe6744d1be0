"""The log of look-ups loses whole weeks."""

from __future__ import annotations

from stress.draft import DAY, Draft
from stress.scenario import Scenario


def lose_weeks(draft: Draft, dose: float) -> None:
    """Take away the look-ups in policing systems of a share of weeks, for everybody."""
    weeks = (draft.ends - draft.starts) // 7 + 2
    # One number a week, for everybody: a gap in the log spares nobody.
    level = draft.rng.random(weeks)
    week = (draft.column("system_access", "accessed_at") // DAY - draft.starts) // 7
    draft.drop("system_access", level[week.clip(0, weeks - 1)] < dose)


SCENARIO = Scenario(
    question="What if the log of look-ups has lost whole weeks?",
    modelled_on="scrutiny of London's records system, which found audit logging short of legal duties (Computer"
    " Weekly). Which weeks and how many is an assumption.",
    expects="planted misuse of systems is found less; nobody innocent gains by it",
    dose="share of weeks that are lost",
    doses=(0.1, 0.3, 0.6),
    tables=("system_access",),
    records=lose_weeks,
)
