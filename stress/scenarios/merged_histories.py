"""Two people are taken for one: the records of one go to the other."""

from __future__ import annotations

import numpy as np

from stress.draft import Draft
from stress.scenario import Scenario

TABLES = (
    *("shift", "roster_edit", "absence", "site_entry", "expense", "attendance", "use_of_force", "stop_search"),
    *("system_access", "vehicle_event", "assault", "complaint", "conduct_case", "external_register"),
)


def merge(draft: Draft, dose: float) -> None:
    """Give a share of people the records of a namesake, who is left with none but postings."""
    people = draft.rng.permutation(draft.current_officers())
    half = len(people) // 2
    half_one, half_two = people[:half], people[half : 2 * half]
    pairs = round(half * dose)
    # Sorted by giver, as the search below needs it.
    order = np.argsort(half_two[:pairs])
    givers, receivers = half_two[:pairs][order], half_one[:pairs][order]
    if not pairs:
        return
    for table in TABLES:
        if table not in draft:
            continue
        owner = draft.column(table, "officer_id")
        at = np.searchsorted(givers, owner).clip(max=pairs - 1)
        rows = givers[at] == owner
        draft.change(table, rows, officer_id=receivers[at[rows]])


SCENARIO = Scenario(
    question="What if the records of two people are merged because they were taken for one?",
    modelled_on="namesakes in systems that are matched by name and date of birth. The share is an assumption.",
    expects="people with two people's records are flagged wherever the exposure does not grow with them; what was"
    " planted in those who lost theirs is not found",
    dose="share of people whose records are merged with another's",
    doses=(0.02, 0.1, 0.3),
    tables=TABLES,
    records=merge,
)
