"""Claims for expenses that carry another day than that of the tour they arose on."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency

_FARTHEST = 9


def _leave(tendency: Tendency) -> None:
    expense, force = tendency.cell.tables["expense"], tendency.cell.force
    hits = tendency.touched(expense)
    days = tendency.draw("days").integers(1, _FARTHEST + 1, len(hits))
    days *= tendency.draw("sign").choice((-1, 1), len(hits))
    incurred = expense["incurred_on"].copy()
    first = np.maximum(force.start, force.people.joined[expense["officer_id"][hits]])
    incurred[hits] = np.clip(incurred[hits] + days, first, force.end - 1)
    tendency.cell.set_columns("expense", incurred_on=incurred)


NUISANCE = Nuisance(
    name="expense_misdated",
    summary="dates a claim some days early or late",
    serves=("expense_without_duty",),
    leave=_leave,
)
