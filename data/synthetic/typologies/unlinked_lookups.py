"""Unlinked look-ups: looking up people without any work for it, often off duty and often the same few.

Modelled on misuse of force systems (a national corruption category; 237 disciplined in two years at about half of the
forces) and on unlawful access or disclosure (82 entries on the 2024/25 barred list).
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.layers.lookups import anybody
from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot

_SAME_PEOPLE = 0.6
_OFF_DUTY = 0.45


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "neighbourhood", "custody", "roads", "detective", "public_protection")


def _plant(plot: Plot) -> None:
    tour = events.on_tours(plot, plot.count(plot.intensity))
    count = len(tour)
    known, others = anybody(plot.scene, plot.draw, 4), anybody(plot.scene, plot.draw, count)
    same = plot.draw.random(count) < _SAME_PEOPLE
    off_duty = plot.draw.random(count) < _OFF_DUTY
    at = np.where(off_duty, tour["ends_at"] + plot.draw.integers(30, 480, count), events.within(plot, tour))
    people = np.where(same, known[plot.draw.integers(0, len(known), count)], others)
    events.look_up(plot, tour, at, people=people, systems=("crime", "intelligence", "national"))


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
