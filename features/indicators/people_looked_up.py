"""How many different people were looked up."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many different people did the officer look up?",
    table="system_access",
    aggregate="distinct",
    value=col.subject_id,
    exposure="lookups",
    minimum_exposure=20,
    cases=(
        Case(
            says="One person looked up twice is one.",
            window=90,
            expected=1,
            rows={
                "system_access": (
                    {"subject_id": 4, "accessed_at": "2025-12-01 10:00"},
                    {"subject_id": 4, "accessed_at": "2025-12-02 10:00"},
                )
            },
        ),
        Case(
            says="A look-up of nobody, as in the roster, counts no person.",
            window=90,
            expected=1,
            rows={
                "system_access": (
                    {"subject_id": None, "system": "roster", "accessed_at": "2025-12-01 10:00"},
                    {"subject_id": 4, "accessed_at": "2025-12-02 10:00"},
                )
            },
        ),
        Case(says="No look-ups, nobody.", window=90, expected=0, rows={"system_access": ()}),
    ),
)
