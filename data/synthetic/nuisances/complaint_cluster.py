"""A matter of public attention, such as a video seen by many: one incident, many complainants, many cases."""

from __future__ import annotations

import numpy as np

from data.synthetic.layers.complaints import adjudicated, case_ids
from data.synthetic.layers.lookups import anybody
from data.synthetic.layers.recording import LAGS
from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import code
from data.synthetic.streams import pick

_FIRST_NUMBER = 1 << 25


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    complaint = cell.tables["complaint"]
    cause = np.flatnonzero(tendency.hits(complaint["officer_id"], complaint["occurred_on"]))
    cause = np.repeat(cause, tendency.counts(len(cause)))
    rows, draw = complaint.take(cause), tendency.draw("cases")
    count = len(rows)
    number = _FIRST_NUMBER + np.arange(count)
    received = rows["received_on"] + draw.exponential(6.0, count).astype(np.int64)
    formal = draw.random(count) < cell.world.figure("formal_case_share")
    finalised, outcome = adjudicated(cell, draw, received, formal)
    cell.add(
        "complaint",
        number=number,
        complaint_id=case_ids(cell, number),
        officer_id=rows["officer_id"],
        complainant_id=anybody(cell, draw, count),
        category=rows["category"],
        source=np.full(count, code("complaint", "source", "public")),
        occurred_on=rows["occurred_on"],
        received_on=received,
        outcome=outcome,
        finalised_on=finalised,
        _lag=pick(draw, count, LAGS["complaint"]),
    )


NUISANCE = Nuisance(
    name="complaint_cluster",
    summary="is in a video that many complain of",
    serves=(
        "complaints",
        "complaint_cases",
        "complainants",
        "team_complaints",
    ),
    leave=_leave,
)
