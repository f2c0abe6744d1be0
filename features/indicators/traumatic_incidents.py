"""Traumatic incidents attended."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many incidents of the two highest severities did the officer attend?",
    table="attendance",
    aggregate="distinct",
    value=col.incident_id,
    when=col.incident.opened_at,
    where=col.incident.severity >= 4,
    exposure="shifts_worked",
    minimum_exposure=10,
    cases=(
        Case(
            says="Severity 4 and 5 count, 3 does not.",
            window=90,
            expected=2,
            rows={
                "attendance": (
                    {"incident_id": 3, "known_on": "2025-12-02"},
                    {"incident_id": 4, "known_on": "2025-12-02"},
                    {"incident_id": 5, "known_on": "2025-12-02"},
                ),
                "incident": tuple(
                    {"incident_id": 2 + n, "severity": 2 + n, "opened_at": "2025-12-01 22:00"} for n in (1, 2, 3)
                ),
            },
        ),
        Case(
            says="Attended by somebody else does not count.",
            window=90,
            expected=0,
            rows={
                "attendance": ({"officer_id": 2, "incident_id": 4},),
                "incident": ({"incident_id": 4, "severity": 5, "opened_at": "2025-12-01 22:00"},),
            },
        ),
        Case(says="No incidents, none traumatic.", window=90, expected=0, rows={"attendance": (), "incident": ()}),
    ),
)
