"""Days lost to psychological sickness."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many days was the officer absent with psychological sickness?",
    table="absence",
    aggregate="days",
    where=(col.kind == "sickness") & col.psychological,
    exposure="days_served",
    minimum_exposure=30,
    concerns=("welfare",),
    cases=(
        Case(
            says="Both ends of a spell count.",
            window=90,
            expected=3,
            rows={
                "absence": (
                    {"kind": "sickness", "psychological": True, "started_on": "2025-12-01", "ended_on": "2025-12-03"},
                )
            },
        ),
        Case(
            says="A spell that lasts counts up to the day before the as-of date.",
            window=90,
            expected=5,
            rows={"absence": ({"kind": "sickness", "psychological": True, "started_on": "2025-12-27"},)},
        ),
        Case(
            says="Other sickness, or of unknown kind, does not count.",
            window=90,
            expected=0,
            rows={
                "absence": (
                    {"kind": "sickness", "psychological": False, "started_on": "2025-12-01"},
                    {"kind": "sickness", "psychological": None, "started_on": "2025-12-01"},
                )
            },
        ),
    ),
)
