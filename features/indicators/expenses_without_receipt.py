"""Claims without a receipt."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many of the officer's claims for expenses had no receipt?",
    table="expense",
    aggregate="count",
    where=~col.receipt,
    exposure="expenses",
    minimum_exposure=3,
    proportion=True,
    references=("A small claim may need no receipt: without one it is not in breach of anything.",),
    cases=(
        Case(
            says="A claim without a receipt counts, whatever the amount.",
            window=90,
            expected=2,
            rows={
                "expense": (
                    {"receipt": False, "amount_pence": 300, "incurred_on": "2025-12-01"},
                    {"receipt": False, "amount_pence": 30000, "incurred_on": "2025-12-02"},
                )
            },
        ),
        Case(
            says="With a receipt it does not.",
            window=90,
            expected=0,
            rows={"expense": ({"receipt": True, "incurred_on": "2025-12-01"},)},
        ),
        Case(says="None claimed, none counted.", window=90, expected=0, rows={"expense": ()}),
    ),
)
