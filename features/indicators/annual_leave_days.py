"""Days of annual leave."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many days was the officer on annual leave?",
    table="absence",
    aggregate="days",
    where=col.kind == "annual_leave",
    exposure="days_served",
    minimum_exposure=30,
    references=("Working Time Regulations 1998, regulations 13 and 13A: 5.6 weeks a year.",),
    cases=(
        Case(
            says="Days off that lie inside a spell of leave count as well.",
            window=90,
            expected=9,
            rows={"absence": ({"kind": "annual_leave", "started_on": "2025-12-06", "ended_on": "2025-12-14"},)},
        ),
        Case(
            says="Leave booked ahead is not taken yet.",
            window=90,
            expected=2,
            rows={
                "absence": (
                    {
                        "kind": "annual_leave",
                        "started_on": "2025-12-30",
                        "ended_on": "2026-01-08",
                        "known_on": "2025-12-01",
                    },
                )
            },
        ),
        Case(
            says="Other absence is not leave.",
            window=90,
            expected=0,
            rows={"absence": ({"kind": "paternity", "started_on": "2025-12-01", "ended_on": "2025-12-14"},)},
        ),
    ),
)
