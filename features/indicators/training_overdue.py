"""Courses that fell due and have not been taken."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many of the courses that fell due has the officer not taken?",
    table="training",
    aggregate="count",
    windows=(365,),
    where=col.completed_on.is_null(),
    exposure="training_due",
    proportion=True,
    references=("Courses are missed for want of places and cover: by itself an overdue one says little.",),
    cases=(
        Case(
            says="Due and not taken.",
            window=365,
            expected=1,
            rows={"training": ({"due_on": "2025-06-01", "known_on": "2025-04-01"},)},
        ),
        Case(
            says="Taken late, it is overdue no more.",
            window=365,
            expected=0,
            rows={"training": ({"due_on": "2025-06-01", "completed_on": "2025-09-01", "known_on": "2025-04-01"},)},
        ),
        Case(
            says="Taken on or after the as-of date, it was overdue on that day.",
            window=365,
            expected=1,
            rows={"training": ({"due_on": "2025-06-01", "completed_on": "2026-01-01", "known_on": "2025-04-01"},)},
        ),
        Case(
            says="A course due after the as-of date is not overdue.",
            window=365,
            expected=0,
            rows={"training": ({"due_on": "2026-02-01", "known_on": "2025-12-01"},)},
        ),
    ),
)
