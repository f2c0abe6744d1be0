"""A major incident: weeks of long tours and lost rest days, ordered from above."""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "public_order", "detective")


def _plant(plot: Plot) -> None:
    tours = plot.rows("shift")
    tours = tours.take(plot.draw.random(len(tours)) < 0.8)
    more = (events.quarters(plot, len(tours), 8, 20) * min(plot.intensity, 1.4)).astype(int)
    events.lengthen(plot, tours, more, reason="operational")
    editor = plot.supervisor if plot.supervisor >= 0 else plot.planner()
    events.edit(plot, tours, editor=editor, at=events.after(plot, tours, days=1.0), field="overtime", minutes=more)


ARCHETYPE = Archetype(
    name="major_incident",
    summary="weeks of long tours during a major incident",
    basis="2017 terror attacks and Grenfell: rest days owed (press)",
    share=0.03,
    months=(1, 3),
    moves=(Move("shift", "sum(overtime_minutes)"), Move("roster_edit")),
    eligible=_eligible,
    plant=_plant,
)
