"""Grievances that name the officer."""

from __future__ import annotations

from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many grievances were raised about the officer?",
    table="grievance",
    aggregate="count",
    subject_key="about_officer_id",
    windows=(365,),
    exposure="days_served",
    minimum_exposure=30,
    concerns=("culture",),
    references=("Casey review (2023): bullying reported by 22% of staff with protected characteristics.",),
    cases=(
        Case(
            says="Named in two grievances, of any kind.",
            window=365,
            expected=2,
            rows={
                "grievance": (
                    {"about_officer_id": 1, "kind": "bullying", "raised_on": "2025-06-01"},
                    {"about_officer_id": 1, "kind": "management", "raised_on": "2025-07-01"},
                )
            },
        ),
        Case(
            says="Who raised a grievance is not whom it is about.",
            window=365,
            expected=0,
            rows={"grievance": ({"raised_by_id": 1, "about_officer_id": 2, "raised_on": "2025-06-01"},)},
        ),
        Case(
            says="A grievance about nobody in particular counts for nobody.",
            window=365,
            expected=0,
            rows={"grievance": ({"about_officer_id": None, "raised_on": "2025-06-01"},)},
        ),
    ),
)
