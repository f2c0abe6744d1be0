"""Reports of using force other than compliant handcuffing."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many occasions did the officer report using force beyond compliant handcuffing?",
    table="use_of_force",
    aggregate="count",
    where=col.tactic != "compliant_handcuffs",
    independent=(col.incident_id,),
    exposure="shifts_worked",
    minimum_exposure=10,
    references=("Recording compliant handcuffing raised one force's reports by 71.5% in a quarter: it is left out.",),
    cases=(
        Case(
            says="Compliant handcuffing does not count.",
            window=90,
            expected=1,
            rows={
                "use_of_force": (
                    {"tactic": "compliant_handcuffs", "used_at": "2025-12-01 22:00"},
                    {"tactic": "unarmed", "used_at": "2025-12-01 22:00"},
                )
            },
        ),
        Case(
            says="Two reports of one incident are one occasion.",
            window=90,
            expected=1,
            rows={
                "use_of_force": (
                    {"incident_id": 7, "tactic": "baton", "used_at": "2025-12-01 22:00"},
                    {"incident_id": 7, "tactic": "spray", "used_at": "2025-12-01 22:01"},
                )
            },
        ),
        Case(says="No report, no force.", window=90, expected=0, rows={"use_of_force": ()}),
    ),
)
