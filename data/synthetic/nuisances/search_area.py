"""Who is searched where: boroughs differ in who lives and is met there, and in what is found."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import code, codes


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    search = cell.tables["stop_search"]
    boroughs = cell.force.structure.borough_units
    # Drawn for the whole force, not the cell: a borough is the same in every cell that works there.
    force_draw = cell.world_streams.draw("search_area")
    spread = cell.world.draw("structure/area_spread")
    resident = cell.world.draw("matters/black_residents")
    black = np.minimum(resident * np.exp(2 * spread * force_draw.normal(size=len(boroughs))), 0.8)
    found = np.exp(spread * force_draw.normal(size=len(boroughs)))
    place = np.searchsorted(boroughs, search["unit_id"]).clip(0, len(boroughs) - 1)
    hits = tendency.hits(search["officer_id"], search.day())
    draw = tendency.draw("searches")
    group = np.where(draw.random(len(search)) < black[place], code("stop_search", "subject_ethnicity", "black"), -1)
    other = draw.choice(codes("stop_search", "subject_ethnicity", ("white", "white", "white", "asian")), len(search))
    ethnicity = np.where(hits, np.where(group >= 0, group, other), search["subject_ethnicity"])
    lost = hits & (search["found"] == 1) & (draw.random(len(search)) > found[place])
    cell.set_columns(
        "stop_search",
        subject_ethnicity=ethnicity.astype(np.int16),
        found=np.where(lost, 0, search["found"]).astype(np.int8),
    )


NUISANCE = Nuisance(
    name="search_area",
    summary="works where other people are met than elsewhere",
    serves=(
        "searches_of_black_people",
        "searches_without_find",
    ),
    leave=_leave,
)
