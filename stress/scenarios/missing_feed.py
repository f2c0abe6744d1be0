"""The feed of badge entries breaks off, and nobody notices."""

from __future__ import annotations

from stress.draft import MONTH, Draft
from stress.scenario import Scenario


def break_off(draft: Draft, dose: float) -> None:
    """Take away the badge entries of the last months; a handful of test entries a day goes on arriving."""
    level = draft.rng.random(draft.size("site_entry"))
    since = draft.ends - round(dose * MONTH)
    lost = (draft.column("site_entry", "known_on") >= since) & (level > TRICKLE)
    draft.drop("site_entry", lost)


TRICKLE = 0.02
"""What still arrives, so that the source does not look altogether silent."""

SCENARIO = Scenario(
    question="What if the feed of badge entries breaks off and only a trickle still arrives?",
    modelled_on="an interface that failed after an upgrade. The trickle of 2% makes it worse than silence, which every"
    " guard notices; both are assumptions.",
    expects="office days that no entry bears out, for everybody who works in an office, unless the gap is noticed",
    dose="months for which the feed has been broken",
    doses=(1.0, 3.0, 9.0),
    tables=("site_entry",),
    records=break_off,
)
