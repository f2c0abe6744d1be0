"""The clocks of one system run hours fast or slow in some boroughs."""

from __future__ import annotations

import numpy as np

from stress.draft import DAY, HOUR, NULL, Draft
from stress.scenario import Scenario

TIMES = {"site_entry": ("entered_at", "left_at"), "system_access": ("accessed_at",)}
DAYS = 182


def shift_clocks(draft: Draft, dose: float) -> None:
    """Set the clocks of a third of the boroughs fast for the last half year."""
    boroughs = sorted(draft.boroughs())
    fast_boroughs = set(draft.rng.permutation(boroughs)[: (len(boroughs) + 2) // 3].tolist())
    teams = {int(t) for b, members in draft.boroughs().items() if b in fast_boroughs for t in members}
    officers = np.array(sorted(o for o, t in draft.team_on(draft.ends - 1).items() if t in teams), dtype=np.int64)
    shift = round(dose * HOUR)
    for table, columns in TIMES.items():
        starts = draft.column(table, columns[0])
        rows = np.isin(draft.column(table, "officer_id"), officers) & (starts >= (draft.ends - DAYS) * DAY)
        times = {name: draft.column(table, name)[rows] for name in columns}
        shifted = {name: np.where(values == NULL, NULL, values + shift) for name, values in times.items()}
        # A row cannot be known before it happened, by its own clock.
        known = np.maximum(draft.column(table, "known_on")[rows], shifted[columns[0]] // DAY)
        if shift:
            draft.change(table, rows, **shifted, known_on=known)


SCENARIO = Scenario(
    question="What if the clocks of badge readers and look-up logs are hours fast in some boroughs?",
    modelled_on="a change to summer time that some systems miss, and servers that keep another zone's time.",
    expects="entries that no longer match the shift they bear out, and look-ups that seem to be made off duty, in those"
    " boroughs alone",
    dose="hours by which the clocks are fast",
    doses=(1.0, 3.0, 8.0),
    tables=("site_entry", "system_access"),
    records=shift_clocks,
)
