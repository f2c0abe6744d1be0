"""Exits badged well before the end of a tour: work went on outside, or at another site."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import NO_TIME

_EARLIEST, _LATEST = 20, 200


def _leave(tendency: Tendency) -> None:
    entry = tendency.cell.tables["site_entry"]
    hits = tendency.touched(entry, entry["left_at"] != NO_TIME)
    left = entry["left_at"].copy()
    earlier = left[hits] - tendency.draw("minutes").integers(_EARLIEST, _LATEST, len(hits))
    left[hits] = np.maximum(earlier, entry["entered_at"][hits] + 1)
    tendency.cell.set_columns("site_entry", left_at=left)


NUISANCE = Nuisance(
    name="early_exit",
    summary="badges out well before a tour ends",
    serves=(
        "overtime_without_trace",
        "self_edit_without_trace",
    ),
    leave=_leave,
)
