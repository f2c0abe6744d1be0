"""Paid time taken from the officer by others."""

from __future__ import annotations

from features.base import Case, Indicator
from features.expression import col

INDICATOR = Indicator(
    question="How often did somebody else take paid minutes from the officer's shifts?",
    table="roster_edit",
    aggregate="count",
    windows=(365,),
    where=(col.editor_id != col.officer_id) & (col.minutes_gained < 0),
    exposure="shifts_worked",
    minimum_exposure=20,
    concerns=("welfare",),
    references=("Bullying was reported by 33% of London staff with a long-term illness (Casey review, 2023).",),
    cases=(
        Case(
            says="Cut by a supervisor or by anybody else.",
            window=365,
            expected=2,
            rows={
                "roster_edit": (
                    {"editor_id": 2, "minutes_gained": -30, "edited_at": "2025-12-01 09:00"},
                    {"editor_id": 9, "minutes_gained": -60, "edited_at": "2025-12-02 09:00"},
                )
            },
        ),
        Case(
            says="A correction of one's own that gives minutes back does not count.",
            window=365,
            expected=0,
            rows={"roster_edit": ({"editor_id": 1, "minutes_gained": -30, "edited_at": "2025-12-01 09:00"},)},
        ),
        Case(
            says="A change by others that adds minutes does not count.",
            window=365,
            expected=0,
            rows={"roster_edit": ({"editor_id": 2, "minutes_gained": 30, "edited_at": "2025-12-01 09:00"},)},
        ),
    ),
)
