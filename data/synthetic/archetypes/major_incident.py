"""A major incident: weeks of long tours and lost rest days, ordered from above."""

from __future__ import annotations

from data.synthetic.plantings import Archetype, Candidates
from data.synthetic.plot import Plot
from data.synthetic.rows import code
from data.synthetic.streams import Array


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.roles("response", "neighbourhood", "public_order", "detective")


def _plant(plot: Plot) -> None:
    tours = plot.rows("shift")
    tours = tours.take(plot.draw.random(len(tours)) < 0.8)
    more = (15 * plot.draw.integers(8, 21, len(tours)) * min(plot.intensity, 1.4)).astype(int)
    plot.alter(
        tours,
        ends_at=tours["ends_at"] + more,
        overtime_minutes=tours["overtime_minutes"] + more,
        overtime_reason=code("shift", "overtime_reason", "operational"),
    )
    plot.add(
        "roster_edit",
        shift_id=tours["shift_id"],
        officer_id=tours["officer_id"],
        editor_id=plot.supervisor if plot.supervisor >= 0 else plot.planner(),
        edited_at=tours["ends_at"] + plot.draw.integers(60, 3000, len(tours)),
        field=code("roster_edit", "field", "overtime"),
        minutes_gained=more,
    )


ARCHETYPE = Archetype(
    name="major_incident",
    summary="weeks of long tours during a major incident",
    basis="2017 terror attacks and Grenfell: rest days owed (press)",
    share=0.03,
    months=(1, 3),
    moves=("shift", "roster_edit"),
    eligible=_eligible,
    plant=_plant,
)
