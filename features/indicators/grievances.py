"""Grievances raised in a team."""

from __future__ import annotations

from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many grievances arose in the team?",
    table="grievance",
    aggregate="count",
    subject="unit",
    exposure="member_days",
    minimum_exposure=90,
    concerns=("culture",),
    references=("22% of London staff with protected characteristics reported bullying (Casey review, 2023).",),
    cases=(
        Case(
            says="Whoever raised it, about whomever.",
            window=365,
            expected=2,
            rows={
                "grievance": (
                    {"raised_on": "2025-06-01", "raised_by_id": 3},
                    {"raised_on": "2025-07-01", "raised_by_id": None},
                )
            },
        ),
        Case(
            says="A grievance in another team does not count.",
            window=365,
            expected=0,
            rows={"grievance": ({"unit_id": 2, "raised_on": "2025-06-01"},)},
        ),
        Case(says="None raised, none counted.", window=365, expected=0, rows={"grievance": ()}),
    ),
)
