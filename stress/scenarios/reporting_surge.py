"""One borough's residents complain much more for half a year, about the same policing."""

from __future__ import annotations

import numpy as np

from stress.draft import Draft
from stress.scenario import Scenario

DAYS = 182


def surge(draft: Draft, dose: float) -> None:
    """Repeat the public complaints about officers of one borough, each as a new case by somebody else."""
    boroughs = draft.boroughs()
    teams = boroughs[int(draft.rng.choice(sorted(boroughs, key=lambda b: (-len(boroughs[b]), b))[:5]))]
    copies, remainder = divmod(dose, 1.0)
    level = draft.rng.random(draft.size("complaint"))
    team = draft.team_on(draft.ends - 1)
    in_borough = np.isin([team.get(o, -1) for o in draft.column("complaint", "officer_id").tolist()], teams)
    recent = draft.column("complaint", "received_on") >= draft.ends - DAYS
    public = draft.column("complaint", "source") == "public"
    times = np.where(in_borough & recent & public, int(copies) + (level < remainder), 0)
    if not times.any():
        return
    rows = np.repeat(np.arange(len(times)), times)
    case_id = int(draft.column("complaint", "complaint_id").max()) + 1
    # What was planted did not happen twice: the copies are other people's complaints, and no truth goes with them.
    draft.copy("complaint", rows, planted=False, complaint_id=case_id + np.arange(len(rows)), complainant_id=-1)


SCENARIO = Scenario(
    question="What if the residents of one borough begin to complain more, about the same policing?",
    modelled_on="the rise of logged complaints which the IOPC cautions does not mean worse conduct; after an incident"
    " that made the news, complaints of one area rise. The size is an assumption.",
    expects="more innocent officers of that borough flagged for standards",
    dose="extra complaints for each one there is: 1 doubles them",
    doses=(0.5, 1.0, 3.0),
    tables=("complaint",),
    records=surge,
)
