"""Overtime to fill gaps: how much of it the staffing of the team explains."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many of the shifts with overtime had it to fill a gap in the roster?",
    table="shift",
    aggregate="count",
    where=~col.duty.is_in("training", "on_call") & (col.overtime_minutes > 0) & (col.overtime_reason == "backfill"),
    exposure="overtime_shifts",
    minimum_exposure=5,
    proportion=True,
    references=("Borough staffing is about 25 to 30% below need (press on the Casey review).",),
    cases=(
        Case(
            says="Overtime to fill a gap counts.",
            window=90,
            expected=1,
            rows={"shift": ({"starts_at": "2025-12-01 07:00", "overtime_minutes": 60, "overtime_reason": "backfill"},)},
        ),
        Case(
            says="Overtime for an operation, for court or for a lost rest day does not.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 07:00", "overtime_minutes": 60, "overtime_reason": "operational"},
                    {"starts_at": "2025-12-02 07:00", "overtime_minutes": 60, "overtime_reason": "court"},
                    {"starts_at": "2025-12-03 07:00", "overtime_minutes": 60, "overtime_reason": "cancelled_rest_day"},
                )
            },
        ),
        Case(
            says="Overtime without a reason is not put down to any.",
            window=90,
            expected=0,
            rows={"shift": ({"starts_at": "2025-12-01 07:00", "overtime_minutes": 60, "overtime_reason": None},)},
        ),
    ),
)
