"""Minutes that people add to their own tours after the end: genuine work, booked late."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import MINUTES, codes


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    shift = cell.tables["shift"]
    position = tendency.touched(shift)
    tours, draw = shift.take(position), tendency.draw("edits")
    count = len(tours)
    cell.add(
        "roster_edit",
        shift_id=tours["shift_id"],
        officer_id=tours["officer_id"],
        editor_id=tours["officer_id"],
        edited_at=tours["ends_at"] + 30 + draw.exponential(4 * MINUTES, count).astype(np.int64),
        field=draw.choice(codes("roster_edit", "field", ("overtime", "overtime", "end")), count),
        minutes_gained=15 * draw.integers(1, 9, count),
        _shift=position,
    )


NUISANCE = Nuisance(
    name="late_booking",
    summary="books own minutes late",
    serves=(
        "roster_self_edits",
        "roster_minutes_gained",
        "self_edit_without_trace",
    ),
    leave=_leave,
)
