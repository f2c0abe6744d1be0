"""Search disproportion: many searches of black people on thin grounds, few of which find anything.

Modelled on the standards of equality and of authority, and on the published attention to search disparity. The pattern
is in who is searched and what is found, compared with colleagues in the same borough.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.benchmark import Benchmark, everything
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.rows import codes
from data.synthetic.subject_records import SubjectRecords

_SEARCHED = {"black": 0.72, "asian": 0.08, "mixed": 0.08, "white": 0.12}
_FOUND = 0.07


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "public_order")


def _plant(records: SubjectRecords) -> None:
    count = records.count(records.intensity)
    groups = codes("stop_search", "subject_ethnicity", _SEARCHED)
    ethnicity = groups[records.draw.choice(len(groups), count, p=np.array(list(_SEARCHED.values())))]
    events.search(records, count, found=_FOUND, ethnicity=ethnicity, grounds=(0.70, 0.18, 0.05, 0.02, 0.05))
    days = records.days(int(records.draw.poisson(records.weakened(0.06) * records.subject.months)))
    shares = {"discrimination": 0.5, "powers": 0.5}
    events.complain_about(records, np.full(len(days), records.person), days, shares=shares)


TYPOLOGY = Typology(
    name="search_disproportion",
    summary="searches black people far more than colleagues do, and finds less",
    basis="standards of equality and of authority; IOPC attention to disparity in stop and search",
    concern="standards",
    share=0.008,
    months=(6, 18),
    intensity=5.0,
    intensity_means="added searches a month",
    benchmark=Benchmark(table="stop_search", comparable=everything),
    eligible=_eligible,
    plant=_plant,
)
