"""A proactive officer: searches, looks up and is complained of more, because they do more.

Terrill and McCluskey (2002): officers with many complaints also engage more.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.encounters import FOUND
from data.synthetic.planted_patterns import Archetype, Candidates, Move
from data.synthetic.subject_records import SubjectRecords

_SEARCHES = 5.0
_FOUND_MORE = 0.12
_COMPLAINTS = 0.12
_GROUNDS = (0.58, 0.22, 0.12, 0.02, 0.06)
_CATEGORIES = {"duties": 0.65, "powers": 0.27, "individual_behaviour": 0.05, "discrimination": 0.03}


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood")


def _plant(records: SubjectRecords) -> None:
    searches = records.count(_SEARCHES * records.intensity)
    events.search(records, searches, found=FOUND + _FOUND_MORE, grounds=_GROUNDS)
    days = records.days(records.count(_COMPLAINTS * records.intensity))
    events.complain_about(records, np.full(len(days), records.person), days, shares=_CATEGORIES)


ARCHETYPE = Archetype(
    name="productive_officer",
    summary="does more, so is complained of more",
    basis="Terrill and McCluskey 2002",
    told_by="exposure: complaints per incident attended or search made, in place of days served",
    share=0.03,
    months=(12, 24),
    moves=(Move("stop_search"), Move("complaint")),
    eligible=_eligible,
    plant=_plant,
)
