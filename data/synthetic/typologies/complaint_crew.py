"""A complaint crew: three or four of a team are named together again and again, over force and powers.

A culture concern of a unit. Modelled on Jain, Sinclair and Papachristos (2022): about 160 crews, under 4% of officers,
account for a quarter of force complaints in Chicago.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, everything, reported_matters
from data.synthetic.layers.encounters import subjects
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.rows import codes
from data.synthetic.subject_records import SubjectRecords

_CREW = (3, 5)
_NAMED = 0.8
_SHARES = {"powers": 0.45, "duties": 0.30, "individual_behaviour": 0.15, "discrimination": 0.10}


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "public_order", "neighbourhood", "detective")


def _plant(records: SubjectRecords) -> None:
    mates = records.team_mates()
    crew = np.sort(records.draw.permutation(mates)[: int(records.draw.integers(*_CREW))])
    days = np.concatenate([records.rows("shift", person=member).day() for member in crew.tolist()])
    day, present = np.unique(days, return_counts=True)
    together = day[present >= 2]
    if len(crew) < 2 or not len(together):
        return
    selection = np.sort(records.draw.choice(together, records.count(records.intensity)))
    case = np.repeat(np.arange(len(selection)), len(crew))
    who = np.tile(crew, len(selection))
    named = records.draw.random(len(who)) < records.share(_NAMED)
    events.complain_about(records, who[named], selection[case][named], shares=_SHARES, case=_renumbered(case[named]))
    count = int(named.sum())
    records.add(
        "use_of_force",
        officer_id=who[named],
        used_at=selection[case][named] * 1440 + records.draw.integers(480, 1320, count),
        tactic=records.draw.choice(codes("use_of_force", "tactic", ("unarmed", "handcuffs", "baton")), count),
        severity=records.draw.integers(2, 5, count),
        subject_ethnicity=subjects(records.draw, count, records.cell.world),
        subject_injured=(records.draw.random(count) < 0.2).astype(int),
        officer_injured=0,
        video=(records.draw.random(count) < records.share(0.6)).astype(int),
    )


def _renumbered(case: Array) -> Array:
    """Return case numbers without gaps, for cases in which nobody was named."""
    numbers: Array = np.unique(case, return_inverse=True)[1]
    return numbers


TYPOLOGY = Typology(
    name="complaint_crew",
    summary="three or four of a team are named together again and again",
    basis="Jain, Sinclair and Papachristos 2022, PLOS ONE: crews in Chicago",
    concern="culture",
    subject="unit",
    share=0.02,
    months=(9, 20),
    intensity=0.6,
    intensity_means="shared cases a month",
    benchmark=Benchmark(table="complaint", comparable=everything, share=0.5, count=reported_matters),
    eligible=_eligible,
    plant=_plant,
)
