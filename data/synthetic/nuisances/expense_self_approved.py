"""Claims that name their own claimant as the approver: a default of the form that nobody changed."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency


def _leave(tendency: Tendency) -> None:
    expense = tendency.cell.tables["expense"]
    hits = tendency.hits(expense["officer_id"], expense["incurred_on"])
    approver = np.where(hits, expense["officer_id"], expense["approver_id"])
    tendency.cell.set_columns("expense", approver_id=approver.astype(np.int32))


NUISANCE = Nuisance(
    name="expense_self_approved",
    summary="is named as the approver of an own claim",
    serves=("expense_self_approved",),
    leave=_leave,
)
