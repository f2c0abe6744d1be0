"""A complainant who complains again, of the same officer, as the first answer did not satisfy."""

from __future__ import annotations

import numpy as np

from data.synthetic.layers.complaints import adjudicated, case_ids
from data.synthetic.layers.recording import LAGS
from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import code
from data.synthetic.streams import pick

_FIRST_NUMBER = 3 << 24


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    complaint = cell.tables["complaint"]
    by_somebody = complaint["complainant_id"] > 0
    cause = np.flatnonzero(by_somebody & tendency.hits(complaint["officer_id"], complaint["occurred_on"]))
    cause = np.repeat(cause, tendency.counts(len(cause)))
    rows, draw = complaint.take(cause), tendency.draw("cases")
    number = _FIRST_NUMBER + np.arange(len(rows))
    received = rows["received_on"] + draw.exponential(45.0, len(rows)).astype(np.int64)
    formal = draw.random(len(rows)) < cell.world.figure("formal_case_share")
    finalised, outcome = adjudicated(cell, draw, received, formal)
    cell.add(
        "complaint",
        number=number,
        complaint_id=case_ids(cell, number),
        officer_id=rows["officer_id"],
        complainant_id=rows["complainant_id"],
        category=rows["category"],
        source=np.full(len(rows), code("complaint", "source", "public")),
        occurred_on=rows["occurred_on"],
        received_on=received,
        outcome=outcome,
        finalised_on=finalised,
        _lag=pick(draw, len(rows), LAGS["complaint"]),
    )


NUISANCE = Nuisance(
    name="complainant_series",
    summary="is complained of again by the same person",
    serves=(
        "complaints",
        "complaint_cases",
    ),
    leave=_leave,
)
