"""How severe the reported force was, added up."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="What is the sum of the severities of the force that the officer reported?",
    table="use_of_force",
    aggregate="sum",
    value=col.severity,
    exposure="force_reports_all",
    minimum_exposure=3,
    references=("A hard posting makes for hard force: what colleagues at the same scene used tells more.",),
    cases=(
        Case(
            says="Severities add up, over all tactics.",
            window=90,
            expected=5,
            rows={
                "use_of_force": (
                    {"severity": 1, "used_at": "2025-12-01 22:00"},
                    {"severity": 4, "tactic": "taser", "used_at": "2025-12-02 22:00"},
                )
            },
        ),
        Case(
            says="A colleague's force at the same incident does not count.",
            window=90,
            expected=0,
            rows={"use_of_force": ({"officer_id": 2, "incident_id": 7, "severity": 5, "used_at": "2025-12-01 22:00"},)},
        ),
        Case(says="None reported, nothing to add.", window=90, expected=0, rows={"use_of_force": ()}),
    ),
)
