"""Operations in one place on one day: many searches by a whole team, few of which find anything."""

from __future__ import annotations

import numpy as np

from data.synthetic.layers.encounters import subjects
from data.synthetic.nuisance import Nuisance, Tendency

_FOUND = 0.12


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    search = cell.tables["stop_search"]
    cause = tendency.touched(search)
    cause = np.repeat(cause, tendency.counts(len(cause)))
    rows, draw = search.take(cause), tendency.draw("searches")
    count = len(rows)
    anybody = subjects(draw, count, cell.world)
    cell.add(
        "stop_search",
        officer_id=rows["officer_id"],
        unit_id=rows["unit_id"],
        searched_at=rows["searched_at"] + draw.integers(-90, 90, count),
        # An operation looks for somebody: most of those searched answer to one description.
        subject_ethnicity=np.where(draw.random(count) < 0.6, rows["subject_ethnicity"], anybody),
        grounds=rows["grounds"],
        found=draw.random(count) < _FOUND,
        video=rows["video"],
    )


NUISANCE = Nuisance(
    name="search_operation",
    summary="takes part in an operation with many searches",
    serves=(
        "searches_without_find",
        "searches_of_black_people",
        "searches",
    ),
    leave=_leave,
)
