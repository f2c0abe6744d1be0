"""Roster self-editing for pay: overtime added to one's own tours after the event.

Modelled on the largest group in the published output of the London pilot: 98 people assessed for misconduct and about
500 prevention notices for abuse of the roster system.
"""

from __future__ import annotations

from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot
from data.synthetic.rows import MINUTES, code
from data.synthetic.streams import Array


def _eligible(candidates: Candidates) -> Array:
    return candidates.officers & candidates.ranks("constable", "sergeant")


def _plant(plot: Plot) -> None:
    tours = plot.some(plot.rows("shift"), plot.count(plot.intensity))
    count = len(tours)
    gained = 15 * plot.draw.integers(2, 9, count)
    after = plot.draw.exponential(5 * MINUTES, count).astype(int) + 120
    plot.add(
        "roster_edit",
        shift_id=tours["shift_id"],
        officer_id=tours["officer_id"],
        editor_id=tours["officer_id"],
        edited_at=tours["ends_at"] + after,
        field=plot.draw.choice([code("roster_edit", "field", name) for name in ("end", "overtime")], count),
        minutes_gained=gained,
    )
    plot.alter(
        tours,
        ends_at=tours["ends_at"] + gained,
        overtime_minutes=tours["overtime_minutes"] + gained,
        overtime_reason=code("shift", "overtime_reason", "operational"),
    )


TYPOLOGY = Typology(
    name="roster_self_editing",
    summary="adds overtime to their own tours days after the event",
    basis="published output of the London pilot: 98 people assessed, about 500 prevention notices",
    concern="standards",
    share=0.012,
    months=(6, 18),
    intensity=5.0,
    intensity_means="edits a month",
    eligible=_eligible,
    plant=_plant,
)
