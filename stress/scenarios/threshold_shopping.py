"""The threshold is chosen after the results are seen: it is loosened, again and again."""

from __future__ import annotations

from pipeline.settings import ByCapacity, ByRate, Settings
from stress.draft import Draft
from stress.scenario import Round, Scenario

STEPS = 4
LOOSER = 1.8


def loosen(draft: Draft, round_: Round, dose: float) -> Settings | None:
    """Loosen every threshold and run again, as often as the dose says."""
    if round_.number >= round(dose):
        return None
    selection = {concern: _looser(how) for concern, how in round_.settings.selection.items()}
    return round_.settings.model_copy(update={"selection": selection})


def _looser(how: ByRate | ByCapacity) -> ByRate | ByCapacity:
    if isinstance(how, ByRate):
        return how.model_copy(update={"q": min(0.9, how.q * LOOSER)})
    return how.model_copy(update={"per_thousand": min(1000.0, how.per_thousand * LOOSER)})


SCENARIO = Scenario(
    question="What if the threshold is loosened after the results are seen, because too few people turned up?",
    modelled_on="choosing a threshold post hoc, for which bounds of the false discovery rate do not hold (Song, Jin and"
    " Candès 2026). By how much it is loosened each time (1.8) is an assumption.",
    expects="each try adds more innocent people than the last; the stated rate no longer says how many",
    dose="how many times it is loosened",
    doses=(1.0, 2.0, 4.0),
    rounds=(0,) * (STEPS + 1),
    between=loosen,
)
