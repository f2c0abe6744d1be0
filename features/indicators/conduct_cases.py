"""Internal conduct cases."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many days were conduct cases opened about the officer?",
    table="conduct_case",
    aggregate="count",
    windows=(365, 1825),
    independent=(col.opened_on,),
    exposure="days_served",
    minimum_exposure=30,
    references=(
        "Casey interim report: 8,917 people in 10,252 cases over nine years, about 3.2% of staff a year.",
        "Who has a case opened is uneven: Black staff were 81% likelier than White to face an allegation, 2021/22.",
    ),
    cases=(
        Case(
            says="A case counts, of either severity and under any standard.",
            window=365,
            expected=2,
            rows={
                "conduct_case": (
                    {"severity": "misconduct", "opened_on": "2025-06-01"},
                    {"severity": "gross_misconduct", "standard": "confidentiality", "opened_on": "2025-07-01"},
                )
            },
        ),
        Case(
            says="Two cases opened on one day, under two standards, are taken for one matter.",
            window=365,
            expected=1,
            rows={
                "conduct_case": (
                    {"standard": "confidentiality", "opened_on": "2025-06-01"},
                    {"standard": "honesty_and_integrity", "opened_on": "2025-06-01"},
                )
            },
        ),
        Case(
            says="A case that found nothing was opened all the same.",
            window=365,
            expected=1,
            rows={"conduct_case": ({"opened_on": "2025-02-01", "outcome": "no_case", "closed_on": "2025-09-01"},)},
        ),
        Case(
            says="A case opened before the window does not count.",
            window=365,
            expected=0,
            rows={"conduct_case": ({"opened_on": "2024-06-01"},)},
        ),
    ),
)
