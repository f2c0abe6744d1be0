"""Grievances that the officer raised."""

from __future__ import annotations

from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many grievances did the officer raise?",
    table="grievance",
    aggregate="count",
    subject_key="raised_by_id",
    windows=(365,),
    exposure=NoExposure("raising a grievance is a right: it is context for what follows, and serves no concern"),
    references=("Casey review (2023): complaints turned back on those who made them.",),
    cases=(
        Case(
            says="A grievance raised counts, whoever it was about.",
            window=365,
            expected=1,
            rows={"grievance": ({"raised_by_id": 1, "about_officer_id": 2, "raised_on": "2025-06-01"},)},
        ),
        Case(
            says="A grievance about the officer was not raised by the officer.",
            window=365,
            expected=0,
            rows={"grievance": ({"raised_by_id": 2, "about_officer_id": 1, "raised_on": "2025-06-01"},)},
        ),
        Case(
            says="A grievance raised without a name counts for nobody.",
            window=365,
            expected=0,
            rows={"grievance": ({"raised_by_id": None, "raised_on": "2025-06-01"},)},
        ),
    ),
)
