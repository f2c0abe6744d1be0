"""Claims that happen to lie just under the amount from which a receipt is asked for, the receipt lost."""

from __future__ import annotations

import numpy as np

from data.synthetic.layers.matters import RECEIPT_LIMIT
from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import codes

_BELOW_LIMIT = 200


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    shift = cell.tables["shift"]
    tours = shift.take(tendency.touched(shift))
    draw, count = tendency.draw("claims"), len(tours)
    cell.add(
        "expense",
        officer_id=tours["officer_id"],
        kind=draw.choice(codes("expense", "kind", ("travel", "subsistence", "other")), count),
        amount_pence=RECEIPT_LIMIT - draw.integers(1, _BELOW_LIMIT, count),
        incurred_on=tours.day(),
        receipt=np.zeros(count),
        approver_id=cell.force.stints.supervisor[cell.posts][tours["_post"]],
    )


NUISANCE = Nuisance(
    name="expense_near_limit",
    summary="claims a usual fare just under the receipt limit, without a receipt",
    serves=(
        "split_expense",
        "expenses_just_under_limit",
        "expenses_without_receipt",
    ),
    leave=_leave,
)
