"""Overtime worked."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many minutes of overtime did the officer work?",
    table="shift",
    aggregate="sum",
    value=col.overtime_minutes,
    exposure="shifts_worked",
    minimum_exposure=10,
    concerns=("welfare",),
    references=("About 50 overtime hours a constable a year in London, 2017-18.",),
    cases=(
        Case(
            says="Overtime of all shifts in the window adds up.",
            window=90,
            expected=150,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 07:00", "overtime_minutes": 90},
                    {"starts_at": "2025-12-05 07:00", "overtime_minutes": 60},
                )
            },
        ),
        Case(says="No shifts, no overtime.", window=90, expected=0, rows={"shift": ()}),
        Case(
            says="Another officer's overtime does not count.",
            window=90,
            expected=0,
            rows={"shift": ({"officer_id": 2, "starts_at": "2025-12-01 07:00", "overtime_minutes": 90},)},
        ),
    ),
)
