"""Rows are put down to a colleague in the same team."""

from __future__ import annotations

import numpy as np

from stress.draft import Draft
from stress.scenario import Scenario

TABLES = ("complaint", "use_of_force", "stop_search", "system_access", "roster_edit", "external_register")


def mislink(draft: Draft, dose: float) -> None:
    """Give a share of rows to a colleague of the same team; what was planted stays its subject's in the truth."""
    team = draft.team_on(draft.ends - 1)
    members: dict[int, list[int]] = {}
    for officer, unit in sorted(team.items()):
        members.setdefault(unit, []).append(officer)
    # The next in the team: somebody alone in theirs keeps their rows.
    colleague = {o: group[(at + 1) % len(group)] for group in members.values() for at, o in enumerate(group)}
    for table in TABLES:
        if table not in draft:
            continue
        level = draft.rng.random(draft.size(table))
        owner = draft.column(table, "officer_id")
        rows = level < dose
        draft.change(table, rows, officer_id=np.array([colleague.get(o, o) for o in owner[rows].tolist()], np.int64))


SCENARIO = Scenario(
    question="What if rows are put down to a colleague in the same team?",
    modelled_on="shared terminals, mistyped collar numbers and wrong matches of names. The share is an assumption.",
    expects="planted people are found less, and the colleagues who inherit their rows are flagged instead",
    dose="share of rows put down to the wrong person",
    doses=(0.05, 0.2, 0.5),
    tables=TABLES,
    records=mislink,
)
