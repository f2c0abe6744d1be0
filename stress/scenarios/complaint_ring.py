"""A group of people files false complaints against a few officers who got in their way."""

from __future__ import annotations

import numpy as np

from stress.draft import Draft
from stress.scenario import Scenario

TARGETS_PER_1000 = 5
COMPLAINANTS = 8
DAYS = 90
MOST = 40


def conspire(draft: Draft, dose: float) -> None:
    """Add complaints by a few people about a few innocent officers within three months, all still open."""
    eligible = np.intersect1d(draft.innocents(), draft.current_officers())
    targets = draft.rng.permutation(eligible)[: max(1, len(eligible) * TARGETS_PER_1000 // 1000)]
    # Drawn for the largest dose there can be, and cut: the complaints of a lower dose are among those of a higher one.
    received = draft.ends - 1 - draft.rng.integers(5, DAYS, (MOST, len(targets)))
    complainant = draft.rng.integers(0, COMPLAINANTS, (MOST, len(targets)))
    count = min(round(dose), MOST)
    if not count:
        return
    received, complainant = received[:count].reshape(-1), complainant[:count].reshape(-1)
    case_id = int(draft.column("complaint", "complaint_id").max(initial=0)) + 1
    complainant_id = int(draft.column("complaint", "complainant_id").max(initial=0)) + 1
    draft.add(
        "complaint",
        len(received),
        complaint_id=case_id + np.arange(len(received)),
        officer_id=np.tile(targets, count),
        complainant_id=complainant_id + complainant,
        category="individual_behaviour",
        source="public",
        occurred_on=received - 2,
        received_on=received,
        known_on=received + 2,
    )


SCENARIO = Scenario(
    question="What if a group of people files false complaints against officers who got in their way?",
    modelled_on="malicious complaints, a statutory ground for closing a case (IPCC Focus 2014). How many and by how"
    " many is an assumption.",
    expects="the targeted innocent officers are flagged by every method that counts complaints, ours included: nothing"
    " in the records tells a coordinated complaint from an honest one",
    dose="complaints about each target within three months",
    doses=(2.0, 5.0, 15.0),
    tables=("complaint",),
    records=conspire,
)
