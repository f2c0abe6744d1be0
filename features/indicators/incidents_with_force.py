"""Incidents at which the officer used force."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="At how many incidents did the officer report using force beyond compliant handcuffing?",
    table="use_of_force",
    aggregate="distinct",
    value=col.incident_id,
    where=col.tactic != "compliant_handcuffs",
    exposure="incidents_attended",
    minimum_exposure=10,
    references=("812,449 reports of force in England and Wales, 2024/25.",),
    cases=(
        Case(
            says="Two reports at one incident are one incident.",
            window=90,
            expected=1,
            rows={
                "use_of_force": (
                    {"incident_id": 7, "tactic": "unarmed", "used_at": "2025-12-01 22:00"},
                    {"incident_id": 7, "tactic": "spray", "used_at": "2025-12-01 22:02"},
                )
            },
        ),
        Case(
            says="Force without an incident, as in custody, is at none.",
            window=90,
            expected=0,
            rows={"use_of_force": ({"incident_id": None, "tactic": "unarmed", "used_at": "2025-12-01 22:00"},)},
        ),
        Case(
            says="Compliant handcuffing does not count.",
            window=90,
            expected=0,
            rows={
                "use_of_force": ({"incident_id": 7, "tactic": "compliant_handcuffs", "used_at": "2025-12-01 22:00"},)
            },
        ),
    ),
)
