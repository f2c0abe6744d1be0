"""Days lost to sickness of any sort."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many days was the officer absent sick?",
    table="absence",
    aggregate="days",
    where=col.kind == "sickness",
    exposure="days_served",
    minimum_exposure=30,
    references=("9.0 days an officer in one English force, 2023, 47% of them psychological.",),
    cases=(
        Case(
            says="Both ends of a spell count.",
            window=90,
            expected=3,
            rows={"absence": ({"kind": "sickness", "started_on": "2025-12-01", "ended_on": "2025-12-03"},)},
        ),
        Case(
            says="Only days inside the window count.",
            window=90,
            expected=4,
            rows={"absence": ({"kind": "sickness", "started_on": "2025-09-20", "ended_on": "2025-10-06"},)},
        ),
        Case(
            says="An injury on duty is no sickness.",
            window=90,
            expected=0,
            rows={"absence": ({"kind": "injury_on_duty", "started_on": "2025-12-01", "ended_on": "2025-12-30"},)},
        ),
        Case(
            says="A spell entered twice is counted once, and so are days that two spells share.",
            window=90,
            expected=7,
            rows={
                "absence": (
                    {"kind": "sickness", "started_on": "2025-12-01", "ended_on": "2025-12-05"},
                    {"kind": "sickness", "started_on": "2025-12-01", "ended_on": "2025-12-05"},
                    {"kind": "sickness", "started_on": "2025-12-04", "ended_on": "2025-12-07"},
                )
            },
        ),
    ),
)
