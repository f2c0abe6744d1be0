"""Trauma decompression that was due and did not happen."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many courses of trauma decompression fell due that the officer has not had?",
    table="training",
    aggregate="count",
    windows=(365,),
    where=(col.course == "Trauma decompression") & col.completed_on.is_null(),
    exposure="days_served",
    minimum_exposure=30,
    concerns=("welfare",),
    references=(
        "78,859 officer-days lost to mental ill health in London, 2021/22.",
        "The name of the course is that of the synthetic worlds: courses are free text.",
    ),
    cases=(
        Case(
            says="Due after a terrible incident and not taken.",
            window=365,
            expected=1,
            rows={"training": ({"course": "Trauma decompression", "due_on": "2025-06-01", "known_on": "2025-05-01"},)},
        ),
        Case(
            says="Taken, it does not count: being sent is no sign of anything.",
            window=365,
            expected=0,
            rows={
                "training": (
                    {
                        "course": "Trauma decompression",
                        "due_on": "2025-06-01",
                        "completed_on": "2025-06-05",
                        "known_on": "2025-05-01",
                    },
                )
            },
        ),
        Case(
            says="Another course missed does not count.",
            window=365,
            expected=0,
            rows={"training": ({"course": "First aid", "due_on": "2025-06-01", "known_on": "2025-05-01"},)},
        ),
    ),
)
