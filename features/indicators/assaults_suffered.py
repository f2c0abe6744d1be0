"""Assaults on the officer."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="At how many incidents was the officer assaulted?",
    table="assault",
    aggregate="count",
    independent=(col.incident_id,),
    exposure="shifts_worked",
    minimum_exposure=10,
    concerns=("welfare",),
    references=("5,660 assaults on London's officers in 2022/23.",),
    cases=(
        Case(
            says="With or without injury.",
            window=90,
            expected=2,
            rows={
                "assault": (
                    {"injured": True, "occurred_at": "2025-12-01 22:00"},
                    {"injured": False, "occurred_at": "2025-12-09 22:00"},
                )
            },
        ),
        Case(
            says="An assault on a colleague does not count.",
            window=90,
            expected=0,
            rows={"assault": ({"officer_id": 2, "occurred_at": "2025-12-01 22:00"},)},
        ),
        Case(says="None recorded, none counted.", window=90, expected=0, rows={"assault": ()}),
    ),
)
