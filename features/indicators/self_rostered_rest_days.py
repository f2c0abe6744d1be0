"""Rest days given up, and paid, by one's own change of the roster."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How often did the officer put themselves down for paid work on a rest day?",
    table="roster_edit",
    aggregate="count",
    windows=(365,),
    where=(col.editor_id == col.officer_id)
    & (col.minutes_gained > 0)
    & (col.shift.overtime_reason == "cancelled_rest_day")
    & (col.edited_at <= col.shift.starts_at),
    independent=(col.shift_id,),
    exposure="shifts_worked",
    minimum_exposure=20,
    concerns=("standards",),
    standard="honesty_and_integrity",
    references=(
        "Bank-holiday swaps within roster abuse in the closed tool's first run.",
        "Casey review (2023), p. 192, on overtime around Carnival and New Year.",
    ),
    cases=(
        Case(
            says="An own change, before the shift, that makes a rest day a paid one.",
            window=365,
            expected=1,
            rows={
                "roster_edit": (
                    {"shift_id": 5, "editor_id": 1, "minutes_gained": 480, "edited_at": "2025-12-23 09:00"},
                ),
                "shift": (
                    {
                        "shift_id": 5,
                        "starts_at": "2025-12-26 07:00",
                        "overtime_minutes": 480,
                        "overtime_reason": "cancelled_rest_day",
                    },
                ),
            },
        ),
        Case(
            says="Put down by a planner, the same rest day worked does not count.",
            window=365,
            expected=0,
            rows={
                "roster_edit": (
                    {"shift_id": 5, "editor_id": 9, "minutes_gained": 480, "edited_at": "2025-12-01 09:00"},
                ),
                "shift": (
                    {
                        "shift_id": 5,
                        "starts_at": "2025-12-26 07:00",
                        "overtime_minutes": 480,
                        "overtime_reason": "cancelled_rest_day",
                    },
                ),
            },
        ),
        Case(
            says="An own booking of overtime after the shift is another matter.",
            window=365,
            expected=0,
            rows={
                "roster_edit": (
                    {"shift_id": 5, "editor_id": 1, "minutes_gained": 30, "edited_at": "2025-12-27 09:00"},
                ),
                "shift": (
                    {
                        "shift_id": 5,
                        "starts_at": "2025-12-26 07:00",
                        "overtime_minutes": 30,
                        "overtime_reason": "cancelled_rest_day",
                    },
                ),
            },
        ),
        Case(
            says="A swap that pays nothing more does not count.",
            window=365,
            expected=0,
            rows={
                "roster_edit": ({"shift_id": 5, "editor_id": 1, "minutes_gained": 0, "edited_at": "2025-12-23 09:00"},),
                "shift": ({"shift_id": 5, "starts_at": "2025-12-26 07:00", "overtime_reason": "cancelled_rest_day"},),
            },
        ),
    ),
)
