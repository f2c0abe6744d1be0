"""Grievances about somebody who was named before."""

from __future__ import annotations

from features.expression import col, or_else
from features.indicator import Case, Indicator
from features.relation import Related

INDICATOR = Indicator(
    question="How many of those who raised a grievance in the team named somebody whom an earlier one names?",
    table="grievance",
    aggregate="count",
    subject="unit",
    windows=(365,),
    having=(
        Related(
            table="grievance",
            pairs=((col.unit_id, col.unit_id), (col.about_officer_id, col.about_officer_id)),
            match=col.other.raised_on < col.raised_on,
        ),
    ),
    independent=((col.raised_by_id.is_null(), or_else(col.raised_by_id, col.about_officer_id)),),
    exposure="grievances",
    proportion=True,
    references=("Casey review (2023): the same people named again and again.",),
    cases=(
        Case(
            says="Three people about one person: two of them had one before.",
            window=365,
            expected=2,
            rows={
                "grievance": tuple(
                    {"about_officer_id": 3, "raised_by_id": m, "raised_on": f"2025-0{m}-01"} for m in (4, 6, 8)
                )
            },
        ),
        Case(
            says="Three about one person of whom nobody knows who raised them are one dispute.",
            window=365,
            expected=1,
            rows={"grievance": tuple({"about_officer_id": 3, "raised_on": f"2025-0{m}-01"} for m in (4, 6, 8))},
        ),
        Case(
            says="Three about different people are no repeats.",
            window=365,
            expected=0,
            rows={"grievance": tuple({"about_officer_id": m, "raised_on": f"2025-0{m}-01"} for m in (4, 6, 8))},
        ),
        Case(
            says="Grievances that name nobody are not about the same person.",
            window=365,
            expected=0,
            rows={"grievance": tuple({"about_officer_id": None, "raised_on": f"2025-0{m}-01"} for m in (4, 6, 8))},
        ),
        Case(
            says="An earlier grievance about the person in another team does not count.",
            window=365,
            expected=0,
            rows={
                "grievance": (
                    {"unit_id": 2, "about_officer_id": 3, "raised_on": "2025-04-01"},
                    {"about_officer_id": 3, "raised_on": "2025-06-01"},
                )
            },
        ),
    ),
)
