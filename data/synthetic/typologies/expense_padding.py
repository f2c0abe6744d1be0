"""Expense padding: claims just under the amount above which a receipt is asked for, without one.

Modelled on theft and fraud among the national corruption categories (60 financial cases a year in England and Wales).
The limit of 25 pounds is an assumption.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic.plantings import Candidates, Typology
from data.synthetic.plot import Plot
from data.synthetic.rows import codes

RECEIPT_LIMIT = 2500


def _eligible(candidates: Candidates) -> Array:
    return candidates.rank >= 0


def _plant(plot: Plot) -> None:
    tours = plot.some(plot.rows("shift"), plot.count(plot.intensity))
    count = len(tours)
    plot.add(
        "expense",
        officer_id=tours["officer_id"],
        kind=plot.draw.choice(codes("expense", "kind", ("subsistence", "travel", "subsistence", "other")), count),
        amount_pence=RECEIPT_LIMIT - plot.draw.integers(1, 180, count),
        incurred_on=tours.day(),
        receipt=(plot.draw.random(count) < 0.08).astype(int),
        approver_id=plot.supervisor,
    )


TYPOLOGY = Typology(
    name="expense_padding",
    summary="claims just under the receipt limit, without receipts, month after month",
    basis="theft and fraud, a national corruption category; IOPC table 18, 2024/25",
    concern="standards",
    share=0.008,
    months=(6, 18),
    intensity=3.5,
    intensity_means="claims a month",
    eligible=_eligible,
    plant=_plant,
)
