"""What happened reaches the systems weeks late, in some boroughs."""

from __future__ import annotations

import numpy as np

from stress.draft import Draft
from stress.scenario import Scenario

TABLES = ("complaint", "use_of_force", "stop_search", "shift", "site_entry")
MOST_DAYS = 90


def record_late(draft: Draft, dose: float) -> None:
    """Let half of the boroughs record everything later; what is recorded after the end is not known by then."""
    boroughs = sorted(draft.boroughs())
    late_boroughs = set(draft.rng.permutation(boroughs)[: (len(boroughs) + 1) // 2].tolist())
    teams = {int(t) for b, members in draft.boroughs().items() if b in late_boroughs for t in members}
    officers = np.array(sorted(o for o, t in draft.team_on(draft.ends - 1).items() if t in teams), dtype=np.int64)
    for table in TABLES:
        if table in draft:
            delay = draft.rng.integers(0, MOST_DAYS, draft.size(table))
            rows = np.isin(draft.column(table, "officer_id"), officers)
            extra = np.rint(delay * dose).astype(np.int64)
            rows &= extra > 0
            draft.change(table, rows, known_on=(draft.column(table, "known_on") + extra)[rows])


SCENARIO = Scenario(
    question="What if half of the boroughs record what happens weeks later than the others?",
    modelled_on="backlogs of recording, as when the London force moved to a new records system. Lags are assumptions.",
    expects="less is known of people in late boroughs: fewer of them are found, and claims that a late source would"
    " bear out seem contradicted",
    dose="delay: at 1 up to 90 days, evenly spread",
    doses=(0.25, 0.5, 1.0),
    tables=TABLES,
    records=record_late,
)
