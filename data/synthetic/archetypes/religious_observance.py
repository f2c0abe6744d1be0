"""Religious observance: leave on the same weekday or feast days, swapped with colleagues.

A proxy for a protected characteristic (Article 9): the regular pattern means nothing else.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot

_A_MONTH = 2.2


def _eligible(candidates: Candidates) -> Array:
    from data.contract import CONTRACT

    values = CONTRACT["protected_characteristic"].column["religion"].values
    observant = [values.index(name) for name in ("muslim", "jewish", "hindu", "sikh", "christian")]
    return np.isin(candidates.force.people.religion, observant)


def _plant(plot: Plot) -> None:
    tours = plot.rows("shift")
    friday = tours.take((tours.day() + 3) % 7 == 4)
    kept = plot.some(friday, plot.count(_A_MONTH * plot.intensity))
    for day in np.unique(kept.day()).tolist():
        events.away(plot, day, day, kind="religious")


ARCHETYPE = Archetype(
    name="religious_observance",
    summary="away on the same weekday, again and again",
    basis="Article 9 ECHR; special-category data under UK GDPR",
    share=0.03,
    months=(8, 24),
    moves=(Move("absence", where="kind = 'religious'"),),
    eligible=_eligible,
    plant=_plant,
)
