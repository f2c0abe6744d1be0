"""Look-ups of a person that name no work they were for."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How often did the officer look up a person in a policing system without naming an incident?",
    table="system_access",
    aggregate="count",
    where=col.incident_id.is_null() & ~col.subject_id.is_null() & ~col.system.is_in("roster", "personnel"),
    exposure="lookups",
    minimum_exposure=20,
    proportion=True,
    references=("National counter-corruption intelligence category: misuse of force systems.",),
    cases=(
        Case(
            says="A look-up of a person without an incident counts.",
            window=90,
            expected=1,
            rows={
                "system_access": (
                    {"system": "crime", "subject_id": 4, "incident_id": None, "accessed_at": "2025-12-01 10:00"},
                )
            },
        ),
        Case(
            says="Naming the work it was for, it does not count.",
            window=90,
            expected=0,
            rows={
                "system_access": (
                    {"system": "crime", "subject_id": 4, "incident_id": 8, "accessed_at": "2025-12-01 10:00"},
                )
            },
        ),
        Case(
            says="The roster and personnel systems are not policing systems.",
            window=90,
            expected=0,
            rows={
                "system_access": (
                    {"system": "roster", "subject_id": 4, "incident_id": None, "accessed_at": "2025-12-01 10:00"},
                )
            },
        ),
    ),
)
