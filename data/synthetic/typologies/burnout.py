"""Burnout: overtime that grows for months, then short psychological sickness that comes more often and lasts longer.

A welfare concern, never a standards one. Modelled on the growth of days lost to mental ill health in London (78,859
officer-days in 2021/22) and on rest days owed.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import MONTH, Candidates, Typology
from data.synthetic.plot import Plot

_OVERLOAD = 0.45


def _eligible(candidates: Candidates) -> Array:
    return candidates.roles("response", "detective", "public_protection", "custody", "neighbourhood")


def _plant(plot: Plot) -> None:
    turn = plot.subject.first + int((plot.subject.last - plot.subject.first) * _OVERLOAD)
    _overload(plot, turn)
    day, length = turn, 2.0
    while day < plot.subject.last:
        days = int(1 + plot.draw.poisson(length))
        last = min(day + days - 1, plot.subject.last)
        events.away(plot, day, last, kind="sickness", psychological=True)
        day = last + 1 + int(plot.draw.exponential(MONTH / plot.intensity))
        length *= 1.35


def _overload(plot: Plot, turn: int) -> None:
    """Add overtime to ever more tours until the turn."""
    tours = plot.rows("shift", last=turn - 1)
    if not len(tours):
        return
    progress = (tours.day() - plot.subject.first) / max(1, turn - plot.subject.first)
    tours = tours.take(plot.draw.random(len(tours)) < 0.15 + 0.45 * progress)
    events.lengthen(plot, tours, events.quarters(plot, len(tours), 4, 13), reason="backfill")


TYPOLOGY = Typology(
    name="burnout",
    summary="works ever more overtime, then is ever more often away sick",
    basis="growth of days lost to mental ill health in London; rest days owed",
    concern="welfare",
    share=0.012,
    months=(8, 16),
    intensity=1.2,
    intensity_means="spells of sickness a month after the turn",
    eligible=_eligible,
    plant=_plant,
)
