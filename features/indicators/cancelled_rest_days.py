"""Rest days on which the officer worked."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many of the shifts that the officer worked lay on a cancelled rest day?",
    table="shift",
    aggregate="count",
    where=~col.duty.is_in("training", "on_call") & (col.overtime_reason == "cancelled_rest_day"),
    exposure="shifts_worked",
    minimum_exposure=20,
    proportion=True,
    references=("184,000 to 189,000 rest days owed in London, about 6 an officer, in April 2018.",),
    cases=(
        Case(
            says="A cancelled rest day counts, whoever asked for it: it is load, and no sign of anything else.",
            window=90,
            expected=1,
            rows={
                "shift": (
                    {"starts_at": "2025-12-06 08:00", "overtime_minutes": 480, "overtime_reason": "cancelled_rest_day"},
                )
            },
        ),
        Case(
            says="A long day at work does not.",
            window=90,
            expected=0,
            rows={
                "shift": ({"starts_at": "2025-12-06 08:00", "overtime_minutes": 480, "overtime_reason": "operational"},)
            },
        ),
        Case(
            says="A colleague's lost rest day does not count.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {
                        "officer_id": 2,
                        "starts_at": "2025-12-06 08:00",
                        "overtime_minutes": 480,
                        "overtime_reason": "cancelled_rest_day",
                    },
                )
            },
        ),
    ),
)
