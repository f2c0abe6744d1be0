"""Uses of force and searches without video: a flat battery, a plain-clothes tour, a button not pressed."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency


def _leave(tendency: Tendency) -> None:
    for table in ("use_of_force", "stop_search"):
        data = tendency.cell.tables[table]
        off = tendency.draw(table).random(len(data)) < tendency.chances(data["officer_id"], data.day())
        tendency.cell.set_columns(table, video=np.where(off, 0, data["video"]).astype(np.int8))


NUISANCE = Nuisance(
    name="video_off",
    summary="has body-worn video off",
    serves=(
        "video_off_at_force",
        "force_without_video",
        "searches_without_video",
    ),
    leave=_leave,
)
