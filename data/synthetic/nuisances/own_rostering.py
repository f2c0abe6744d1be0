"""Cancelled rest days that people enter in the roster themselves, as agreed with a supervisor by word."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import MINUTES, code


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    shift = cell.tables["shift"]
    extra = shift["overtime_reason"] == code("shift", "overtime_reason", "cancelled_rest_day")
    position = tendency.touched(shift, extra)
    tours, draw = shift.take(position), tendency.draw("edits")
    cell.add(
        "roster_edit",
        shift_id=tours["shift_id"],
        officer_id=tours["officer_id"],
        editor_id=tours["officer_id"],
        edited_at=tours["starts_at"] - draw.integers(60, 9 * MINUTES, len(tours)),
        field=np.full(len(tours), code("roster_edit", "field", "duty")),
        minutes_gained=tours["overtime_minutes"],
        _shift=position,
    )


NUISANCE = Nuisance(
    name="own_rostering",
    summary="enters an agreed rest-day tour in the roster themselves",
    serves=(
        "self_rostered_tour",
        "self_rostered_rest_days",
    ),
    leave=_leave,
)
