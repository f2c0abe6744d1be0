"""Force that left the person injured."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many occasions of force was the person injured, by the officer's reports?",
    table="use_of_force",
    aggregate="count",
    windows=(90, 365, 1825),
    where=col.subject_injured,
    independent=(col.incident_id,),
    exposure="force_occasions",
    minimum_exposure=3,
    proportion=True,
    concerns=("standards",),
    standard="use_of_force",
    cases=(
        Case(
            says="Only reports with an injured person count.",
            window=365,
            expected=1,
            rows={
                "use_of_force": (
                    {"subject_injured": True, "used_at": "2025-12-01 22:00"},
                    {"subject_injured": False, "used_at": "2025-12-02 22:00"},
                )
            },
        ),
        Case(
            says="The officer's own injury does not count.",
            window=365,
            expected=0,
            rows={
                "use_of_force": ({"subject_injured": False, "officer_injured": True, "used_at": "2025-12-01 22:00"},)
            },
        ),
        Case(
            says="A report known later does not count yet.",
            window=365,
            expected=0,
            rows={
                "use_of_force": ({"subject_injured": True, "used_at": "2025-12-31 22:00", "known_on": "2026-01-02"},)
            },
        ),
    ),
)
