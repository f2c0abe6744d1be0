"""Shifts on patrol or otherwise out in the field: the opportunity for searches."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many shifts did the officer work in the field?",
    table="shift",
    aggregate="count",
    where=(col.place == "field") & ~col.duty.is_in("training", "on_call", "court"),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="A shift in the field counts, by day or by night.",
            window=90,
            expected=2,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 07:00", "place": "field"},
                    {"starts_at": "2025-12-02 22:00", "place": "field", "duty": "night"},
                )
            },
        ),
        Case(
            says="A shift at the office or at home is no patrol.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 07:00", "place": "office"},
                    {"starts_at": "2025-12-02 07:00", "place": "home"},
                )
            },
        ),
        Case(
            says="A day in court is recorded as in the field and is no patrol.",
            window=90,
            expected=0,
            rows={"shift": ({"starts_at": "2025-12-01 09:00", "place": "field", "duty": "court"},)},
        ),
    ),
)
