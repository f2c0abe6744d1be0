"""Claims without a receipt, just under the amount from which one is asked for."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

_LIMIT = 2500
"""The amount in pence from which a receipt is asked for: an assumption, for no force publishes its own."""

_LIMIT_TENTH = _LIMIT // 10

INDICATOR = Indicator(
    question="How many of the officer's claims had no receipt and an amount just under the limit for one?",
    table="expense",
    aggregate="count",
    windows=(365,),
    where=~col.receipt & (col.amount_pence >= _LIMIT - _LIMIT_TENTH) & (col.amount_pence < _LIMIT),
    exposure="expenses",
    minimum_exposure=3,
    proportion=True,
    references=("Theft and fraud is a national counter-corruption category. The limit of 25 pounds is an assumption.",),
    cases=(
        Case(
            says="Two claims of 24 pounds and some pence without a receipt.",
            window=365,
            expected=2,
            rows={
                "expense": (
                    {"receipt": False, "amount_pence": 2450, "incurred_on": "2025-06-01"},
                    {"receipt": False, "amount_pence": 2499, "incurred_on": "2025-07-01"},
                )
            },
        ),
        Case(
            says="A claim of the same amount with a receipt is borne out.",
            window=365,
            expected=0,
            rows={"expense": ({"receipt": True, "amount_pence": 2450, "incurred_on": "2025-06-01"},)},
        ),
        Case(
            says="A small claim needs no receipt, and a larger one without a receipt hides under no limit.",
            window=365,
            expected=0,
            rows={
                "expense": (
                    {"receipt": False, "amount_pence": 900, "incurred_on": "2025-06-01"},
                    {"receipt": False, "amount_pence": 2500, "incurred_on": "2025-07-01"},
                )
            },
        ),
        Case(
            says="Nine tenths of the limit is where just under begins.",
            window=365,
            expected=1,
            rows={
                "expense": (
                    {"receipt": False, "amount_pence": 2250, "incurred_on": "2025-06-01"},
                    {"receipt": False, "amount_pence": 2249, "incurred_on": "2025-07-01"},
                )
            },
        ),
    ),
)
