"""Courses that fell due: the opportunity for missing them."""

from __future__ import annotations

from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many courses fell due for the officer?",
    table="training",
    aggregate="count",
    windows=(365,),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="Taken or not, a course that fell due counts.",
            window=365,
            expected=2,
            rows={
                "training": (
                    {"due_on": "2025-06-01", "completed_on": "2025-05-20", "known_on": "2025-04-01"},
                    {"due_on": "2025-07-01", "known_on": "2025-05-01"},
                )
            },
        ),
        Case(
            says="A course due after the as-of date is not due yet.",
            window=365,
            expected=0,
            rows={"training": ({"due_on": "2026-02-01", "known_on": "2025-12-01"},)},
        ),
        Case(says="None due, none counted.", window=365, expected=0, rows={"training": ()}),
    ),
)
