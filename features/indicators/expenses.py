"""Claims for expenses: the opportunity for claims that nothing bears out."""

from __future__ import annotations

from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many claims for expenses did the officer make?",
    table="expense",
    aggregate="count",
    exposure="shifts_worked",
    minimum_exposure=10,
    cases=(
        Case(
            says="Claims of every kind count.",
            window=90,
            expected=2,
            rows={
                "expense": (
                    {"kind": "travel", "incurred_on": "2025-12-01"},
                    {"kind": "informant", "incurred_on": "2025-12-02"},
                )
            },
        ),
        Case(
            says="The day of the expense places it, not that of the claim.",
            window=90,
            expected=0,
            rows={"expense": ({"incurred_on": "2025-09-20", "known_on": "2025-12-01"},)},
        ),
        Case(says="None claimed, none counted.", window=90, expected=0, rows={"expense": ()}),
    ),
)
