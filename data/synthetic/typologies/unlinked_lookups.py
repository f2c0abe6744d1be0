"""Unlinked look-ups: looking up people without any work for it, often off duty and often the same few.

Modelled on misuse of force systems (a national corruption category; 237 disciplined in two years at about half of the
forces) and on unlawful access or disclosure (82 entries on the 2024/25 barred list).
"""

from __future__ import annotations

import numpy as np

from data.synthetic.layers.lookups import anybody
from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot
from data.synthetic.rows import MINUTES, codes
from data.synthetic.streams import Array

_SYSTEMS = ("crime", "intelligence", "national")
_SAME_PEOPLE = 0.6
_OFF_DUTY = 0.45


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "neighbourhood", "custody", "roads", "detective", "public_protection")


def _plant(plot: Plot) -> None:
    tours = plot.rows("shift")
    if not len(tours):
        return
    count = plot.count(plot.intensity)
    tour = tours.take(np.sort(plot.draw.integers(0, len(tours), count)))
    known, others = anybody(plot.scene, plot.draw, 4), anybody(plot.scene, plot.draw, count)
    same = plot.draw.random(count) < _SAME_PEOPLE
    off_duty = plot.draw.random(count) < _OFF_DUTY
    during = tour["starts_at"] + plot.draw.integers(10, 8 * 60, count)
    after = tour["ends_at"] + plot.draw.integers(30, MINUTES // 3, count)
    plot.add(
        "system_access",
        officer_id=plot.person,
        system=plot.draw.choice(codes("system_access", "system", _SYSTEMS), count),
        accessed_at=np.where(off_duty, after, during),
        subject_id=np.where(same, known[plot.draw.integers(0, len(known), count)], others),
    )


TYPOLOGY = Typology(
    name="unlinked_lookups",
    summary="looks people up without work for it, off duty, the same few again and again",
    basis="misuse of force systems, a national corruption category; barred-list reasons 2024/25",
    concern="standards",
    share=0.008,
    months=(4, 14),
    intensity=12.0,
    intensity_means="look-ups a month",
    eligible=_eligible,
    plant=_plant,
)
