"""Members who left the force."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many members of the team left the force?",
    table="posting",
    aggregate="count",
    subject="unit",
    windows=(365,),
    where=col.officer.left_on == col.ended_on,
    when=col.ended_on,
    independent=(col.officer_id,),
    exposure="member_days",
    minimum_exposure=90,
    references=("6.2% left in 2023/24; 13% of leavers retire after 30 years and 10% go in their first year.",),
    cases=(
        Case(
            says="A posting that ended with the service counts for the team.",
            window=365,
            expected=1,
            rows={
                "posting": (
                    {"officer_id": 2, "started_on": "2020-01-01", "ended_on": "2025-06-01"},
                    {"officer_id": 3, "started_on": "2020-01-01"},
                ),
                "officer": ({"officer_id": 2, "left_on": "2025-06-01"}, {"officer_id": 3}),
            },
        ),
        Case(
            says="Who moved to another team has not left.",
            window=365,
            expected=0,
            rows={
                "posting": (
                    {"officer_id": 2, "started_on": "2020-01-01", "ended_on": "2025-06-01"},
                    {"officer_id": 2, "unit_id": 2, "started_on": "2025-06-02"},
                    {"officer_id": 3, "started_on": "2020-01-01"},
                ),
                "officer": ({"officer_id": 2}, {"officer_id": 3}),
            },
        ),
        Case(
            says="A leaving that lies ahead is not known yet.",
            window=365,
            expected=0,
            rows={
                "posting": ({"officer_id": 2, "started_on": "2020-01-01", "ended_on": "2026-01-15"},),
                "officer": ({"officer_id": 2, "joined_on": "2020-01-01", "left_on": "2026-01-15"},),
            },
        ),
    ),
)
