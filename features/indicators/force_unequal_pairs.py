"""Incidents at which the officer and a colleague reported different force: the opportunity for the harder one."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure
from features.relation import Related

INDICATOR = Indicator(
    question="How often did the officer and a colleague report force of different severity at one incident?",
    table="use_of_force",
    aggregate="count",
    windows=(365,),
    joined=Related(
        table="use_of_force",
        pairs=((col.incident_id, col.incident_id),),
        match=col.other.officer_id != col.officer_id,
    ),
    where=col.severity != col.other.severity,
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    references=("Ridgeway (2026): officers at one scene are compared, so that the scene cancels out.",),
    cases=(
        Case(
            says="Two colleagues who reported other severities make two pairs.",
            window=365,
            expected=2,
            rows={
                "use_of_force": (
                    {"incident_id": 7, "severity": 3, "used_at": "2025-12-01 22:00"},
                    {"incident_id": 7, "severity": 1, "officer_id": 2, "used_at": "2025-12-01 22:00"},
                    {"incident_id": 7, "severity": 4, "officer_id": 3, "used_at": "2025-12-01 22:00"},
                ),
                "officer": ({"officer_id": 1}, {"officer_id": 2}, {"officer_id": 3}),
            },
        ),
        Case(
            says="Equal severity tells nobody apart.",
            window=365,
            expected=0,
            rows={
                "use_of_force": (
                    {"incident_id": 7, "severity": 2, "used_at": "2025-12-01 22:00"},
                    {"incident_id": 7, "severity": 2, "officer_id": 2, "used_at": "2025-12-01 22:00"},
                )
            },
        ),
        Case(
            says="Reports without an incident, and two of one's own, are no pair.",
            window=365,
            expected=0,
            rows={
                "use_of_force": (
                    {"incident_id": None, "severity": 3, "used_at": "2025-12-01 22:00"},
                    {"incident_id": None, "severity": 1, "officer_id": 2, "used_at": "2025-12-01 22:00"},
                    {"incident_id": 7, "severity": 1, "used_at": "2025-12-02 22:00"},
                    {"incident_id": 7, "severity": 3, "used_at": "2025-12-02 22:00"},
                )
            },
        ),
    ),
)
