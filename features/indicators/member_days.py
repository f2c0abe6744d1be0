"""How many officer-days a team had: the opportunity for what arises in it."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many officer-days did the team have?",
    table="posting",
    aggregate="days",
    value=col.officer_id,
    subject="unit",
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="Two members, one of them for the last ten days.",
            window=90,
            expected=100,
            rows={"posting": ({"started_on": "2020-01-01"}, {"officer_id": 2, "started_on": "2025-12-22"})},
        ),
        Case(
            says="A posting elsewhere does not count; a member since ten days does.",
            window=90,
            expected=10,
            rows={
                "posting": (
                    {"unit_id": 2, "started_on": "2020-01-01"},
                    {"officer_id": 2, "started_on": "2025-12-22"},
                )
            },
        ),
        Case(
            says="A posting that ended before the window does not count; another member's does.",
            window=90,
            expected=10,
            rows={
                "posting": (
                    {"started_on": "2020-01-01", "ended_on": "2025-10-02"},
                    {"officer_id": 2, "started_on": "2025-12-22"},
                )
            },
        ),
        Case(
            says="A member with two postings to the team at once has each day once; days of two members add up.",
            window=90,
            expected=100,
            rows={
                "posting": (
                    {"started_on": "2020-01-01"},
                    {"started_on": "2025-12-02", "role": "custody"},
                    {"officer_id": 2, "started_on": "2025-12-22"},
                )
            },
        ),
    ),
)
