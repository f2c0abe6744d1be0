"""Complaint cases that follow one another: the same matter brought up again, by the same person or by many."""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.layers.complaints import ROWS_A_CASE, adjudicated, case_ids
from data.synthetic.layers.lookups import anybody
from data.synthetic.layers.recording import lags
from data.synthetic.nuisance import Tendency
from data.synthetic.rows import code
from data.synthetic.streams import pick


def add_further_cases(tendency: Tendency, *, first: int, days: float, by_the_same: bool) -> None:
    """Have cases that a nuisance touches followed by further ones about the same officers, with the same allegations.

    `first` is the number of the first such case in a cell, `days` the mean time until one is received; `by_the_same`
    says that the complainant is that of the case, who then must be known. Everything is drawn for each matter, reported
    or not, so that reporting changes no other case.
    """
    cell, draw = tendency.cell, tendency.draw("cases")
    complaint, counts = cell.tables["complaint"], tendency.counts(len(cell.matters))
    case, total = complaint["_case"], int(counts.sum())
    is_followed, received_on = _followed(tendency, known=by_the_same)
    received = np.repeat(received_on, counts) + draw.exponential(days, total).astype(np.int64)
    formal = draw.random(total) < cell.world.figure("formal_case_share")
    finalised, outcome = adjudicated(cell, draw, received, formal)
    others, lag = anybody(cell, draw, total), pick(draw, total, lags(cell.world, "complaint"))
    rows = complaint.take(np.flatnonzero((case >= 0) & is_followed[case]))
    each = counts[rows["_case"]]
    row = np.repeat(np.arange(len(rows)), each)
    place = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
    of = (np.cumsum(counts) - counts)[rows["_case"]][row] + place
    cell.add(
        "complaint",
        number=(first + of) * ROWS_A_CASE + rows["_number"][row] % ROWS_A_CASE,
        complaint_id=case_ids(cell, first + of),
        officer_id=rows["officer_id"][row],
        complainant_id=rows["complainant_id"][row] if by_the_same else others[of],
        category=rows["category"][row],
        source=np.full(len(row), code("complaint", "source", "public")),
        occurred_on=rows["occurred_on"][row],
        received_on=received[of],
        outcome=outcome[of],
        finalised_on=finalised[of],
        _lag=lag[of],
        _case=np.full(len(row), -1),
    )


def _followed(tendency: Tendency, *, known: bool) -> tuple[Array, Array]:
    """Return which matters others follow, and when a case about each was received; of those with a `known` complainant.

    Whether one is followed depends on the officer it began with.
    """
    matters, complaint = len(tendency.cell.matters), tendency.cell.tables["complaint"]
    case = complaint["_case"]
    level = tendency.draw("hits").random(matters, dtype=np.float32)
    mask = (case >= 0) & (complaint["_number"] % ROWS_A_CASE == 0)
    lead = np.flatnonzero(mask & (complaint["complainant_id"] > 0) if known else mask)
    lead = lead[level[case[lead]] < tendency.chances(complaint["officer_id"][lead], complaint["occurred_on"][lead])]
    is_followed, received_on = np.zeros(matters, dtype=bool), np.zeros(matters, dtype=np.int64)
    is_followed[case[lead]], received_on[case[lead]] = True, complaint["received_on"][lead]
    return is_followed, received_on
