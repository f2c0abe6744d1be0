"""Expense padding: claims just under the amount above which a receipt is asked for, without one.

Modelled on theft and fraud among the national corruption categories (60 financial cases a year in England and Wales).
The limit of 25 pounds is an assumption.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic.benchmark import Benchmark, claims_without_receipt
from data.synthetic.layers.matters import RECEIPT_LIMIT
from data.synthetic.planted_patterns import Candidates, Typology
from data.synthetic.rows import codes
from data.synthetic.subject_records import SubjectRecords


def _eligible(candidates: Candidates) -> Array:
    return candidates.rank >= 0


def _plant(records: SubjectRecords) -> None:
    tours = records.some(records.rows("shift"), records.count(records.intensity))
    count = len(tours)
    records.add(
        "expense",
        officer_id=tours["officer_id"],
        kind=records.draw.choice(codes("expense", "kind", ("subsistence", "travel", "subsistence", "other")), count),
        amount_pence=RECEIPT_LIMIT - records.draw.integers(1, 180, count),
        incurred_on=tours.day(),
        receipt=(records.draw.random(count) < records.share(0.08)).astype(int),
        approver_id=records.supervisor,
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
    benchmark=Benchmark(table="expense", comparable=claims_without_receipt),
    eligible=_eligible,
    plant=_plant,
)
