"""Incidents attended: the opportunity for force, complaints and strain."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many incidents did the officer attend?",
    table="attendance",
    aggregate="distinct",
    value=col.incident_id,
    when=col.incident.opened_at,
    exposure="shifts_worked",
    minimum_exposure=10,
    cases=(
        Case(
            says="An incident recorded twice counts once.",
            window=90,
            expected=1,
            rows={
                "attendance": (
                    {"incident_id": 3, "known_on": "2025-12-02"},
                    {"incident_id": 3, "known_on": "2025-12-02"},
                ),
                "incident": ({"incident_id": 3, "opened_at": "2025-12-01 22:00"},),
            },
        ),
        Case(
            says="The incident's own time places it in the window.",
            window=90,
            expected=0,
            rows={
                "attendance": ({"incident_id": 3, "known_on": "2025-12-01"},),
                "incident": ({"incident_id": 3, "opened_at": "2025-08-01 22:00"},),
            },
        ),
        Case(
            says="An incident not known yet cannot be counted.",
            window=90,
            expected=0,
            rows={
                "attendance": ({"incident_id": 3, "known_on": "2025-12-01"},),
                "incident": ({"incident_id": 3, "opened_at": "2025-12-01 22:00", "known_on": "2026-02-01"},),
            },
        ),
    ),
)
