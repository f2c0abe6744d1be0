"""One person complains about every officer of a borough they can name."""

from __future__ import annotations

import numpy as np

from stress.draft import NULL, Draft
from stress.scenario import Scenario

NAMED = 40
DAYS = 330


def complain(draft: Draft, dose: float) -> None:
    """Add complaints by one person about officers of one borough; none leads anywhere."""
    boroughs = draft.boroughs()
    teams = boroughs[int(draft.rng.choice(sorted(boroughs, key=lambda b: (-len(boroughs[b]), b))[:5]))]
    team = draft.team_on(draft.ends - 1)
    officers = np.array(sorted(o for o, t in team.items() if t in set(teams.tolist())), dtype=np.int64)
    targets = draft.rng.permutation(officers)[:NAMED]
    limit = 20
    # Drawn for the largest dose, and cut: the complaints of a lower dose are among those of a higher one.
    day = draft.ends - 1 - draft.rng.integers(10, DAYS, (limit, len(targets)))
    count = min(round(dose), limit)
    if not count or not len(targets):
        return
    received = day[:count].reshape(-1)
    officer = np.tile(targets, count)
    case_id = int(draft.column("complaint", "complaint_id").max(initial=0)) + 1
    closing_day = received + 11
    is_closed = closing_day < draft.ends
    draft.add(
        "complaint",
        len(officer),
        complaint_id=case_id + np.arange(len(officer)),
        officer_id=officer,
        complainant_id=int(draft.column("complaint", "complainant_id").max(initial=0)) + 1,
        category="duties",
        source="public",
        occurred_on=received,
        received_on=received,
        outcome=np.array([None, "no_action"], dtype=object)[is_closed.astype(np.int64)],
        finalised_on=np.where(is_closed, closing_day, NULL),
        known_on=received + 1,
    )


SCENARIO = Scenario(
    question="What if one person complains again and again about officers of one borough?",
    modelled_on="complaints that statute lets a force disregard as vexatious, oppressive or an abuse of process (IPCC"
    " Focus 2014); informal cases close after 11 days (IOPC 2024/25). Numbers are assumptions.",
    expects="innocent officers of one borough flagged for standards by every method that counts complaints",
    dose="complaints about each of 40 officers in a year",
    doses=(1.0, 3.0, 10.0),
    tables=("complaint",),
    records=complain,
)
