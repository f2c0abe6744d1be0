"""Days lost to injury on duty."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many days was the officer absent after an injury on duty?",
    table="absence",
    aggregate="days",
    where=col.kind == "injury_on_duty",
    exposure="days_served",
    minimum_exposure=30,
    references=("1,212 of 2,158 long-term sick in London had been injured on duty (2006).",),
    cases=(
        Case(
            says="A spell that lasts counts up to the day before the as-of date.",
            window=90,
            expected=5,
            rows={"absence": ({"kind": "injury_on_duty", "started_on": "2025-12-27"},)},
        ),
        Case(
            says="Sickness, even after an assault, is not recorded as injury.",
            window=90,
            expected=0,
            rows={"absence": ({"kind": "sickness", "started_on": "2025-12-01", "ended_on": "2025-12-10"},)},
        ),
        Case(
            says="A colleague's injury does not count.",
            window=90,
            expected=0,
            rows={
                "absence": (
                    {"officer_id": 2, "kind": "injury_on_duty", "started_on": "2025-12-01", "ended_on": "2025-12-10"},
                )
            },
        ),
    ),
)
