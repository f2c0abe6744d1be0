"""Grievances raised in a team."""

from __future__ import annotations

from features.expression import col, or_else
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="By how many people, and without a name about how many, were grievances raised in the team?",
    table="grievance",
    aggregate="count",
    subject="unit",
    independent=((col.raised_by_id.is_null(), or_else(col.raised_by_id, col.about_officer_id)),),
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
            says="Grievances without a name about one person are one dispute; about another they are another.",
            window=365,
            expected=3,
            rows={
                "grievance": (
                    *({"raised_on": f"2025-{m}-01", "about_officer_id": 4} for m in (10, 11, 12)),
                    {"raised_on": "2025-07-01", "about_officer_id": 5},
                    {"raised_on": "2025-08-01", "raised_by_id": 4, "about_officer_id": 5},
                )
            },
        ),
        Case(
            says="Three grievances of one person are one dispute; those that name nobody at all are each their own.",
            window=365,
            expected=3,
            rows={
                "grievance": (
                    *({"raised_on": f"2025-{m}-01", "raised_by_id": 3} for m in (10, 11, 12)),
                    {"raised_on": "2025-07-01", "raised_by_id": None},
                    {"raised_on": "2025-08-01", "raised_by_id": None},
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
