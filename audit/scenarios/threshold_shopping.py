"""The threshold is chosen after the results are seen: it is loosened until enough people turn up."""

from __future__ import annotations

import numpy as np

from audit.stress.draft import Draft
from audit.stress.scenario import Round, Scenario
from pipeline.settings import ByCapacity, ByRate, Settings

STEPS = 4
WANTED_PER_1000 = 30
LOOSER = 1.8


def loosen(draft: Draft, round_: Round, dose: float) -> Settings | None:
    """Loosen every threshold and run again, as long as too few were found and there are tries left."""
    found = {(row["subject_kind"], row["subject_id"]) for row in round_.trial.flags.to_pylist()}
    people = int(np.sum([kind == "officer" for kind in round_.trial.subjects["subject_kind"].to_pylist()]))
    if round_.number >= round(dose) or len(found) * 1000 >= WANTED_PER_1000 * people * (1 + dose):
        return None
    selection = {concern: _looser(how) for concern, how in round_.settings.selection.items()}
    return round_.settings.model_copy(update={"selection": selection})


def _looser(how: ByRate | ByCapacity) -> ByRate | ByCapacity:
    if isinstance(how, ByRate):
        return how.model_copy(update={"q": min(0.9, how.q * LOOSER)})
    return how.model_copy(update={"per_thousand": min(1000.0, how.per_thousand * LOOSER)})


SCENARIO = Scenario(
    question="What if the threshold is loosened after the results are seen, until enough people turn up?",
    modelled_on="choosing a threshold post hoc, for which bounds of the false discovery rate do not hold (Song, Jin and"
    " Candès 2026). When somebody is content is an assumption.",
    expects="each try adds more innocent people than the last; the stated rate no longer says how many",
    dose="how many times it may be loosened",
    doses=(1.0, 2.0, 4.0),
    rounds=(0,) * (STEPS + 1),
    between=loosen,
)
