"""Grievances that name the officer."""

from __future__ import annotations

from features.expression import col, or_else
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="By how many people, and without a name in how many teams, were grievances raised about the officer?",
    table="grievance",
    aggregate="count",
    subject_key="about_officer_id",
    windows=(365,),
    independent=((col.raised_by_id.is_null(), or_else(col.raised_by_id, col.unit_id)),),
    exposure="days_served",
    minimum_exposure=30,
    concerns=("culture",),
    references=("Casey review (2023): bullying reported by 22% of staff with protected characteristics.",),
    cases=(
        Case(
            says="Named in two grievances of different people, of any kind.",
            window=365,
            expected=2,
            rows={
                "grievance": (
                    {"about_officer_id": 1, "raised_by_id": 3, "kind": "bullying", "raised_on": "2025-06-01"},
                    {"about_officer_id": 1, "raised_by_id": 4, "kind": "management", "raised_on": "2025-07-01"},
                )
            },
        ),
        Case(
            says="A dispute with one person is one, whatever it leaves.",
            window=365,
            expected=1,
            rows={
                "grievance": tuple(
                    {"about_officer_id": 1, "raised_by_id": 3, "raised_on": f"2025-{m}-01"} for m in (10, 11, 12)
                )
            },
        ),
        Case(
            says="Without a name, those of one team are one dispute, and those of another team another.",
            window=365,
            expected=2,
            rows={
                "grievance": (
                    *({"about_officer_id": 1, "raised_on": f"2025-{m}-01"} for m in (10, 11, 12)),
                    {"about_officer_id": 1, "unit_id": 2, "raised_on": "2025-06-01"},
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
