"""Occasions on which somebody was looked up without an incident: the opportunity for doing it again."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="On how many occasions, one person on one day, did the officer look up somebody without an incident?",
    table="system_access",
    aggregate="count",
    where=col.incident_id.is_null() & ~col.subject_id.is_null() & ~col.system.is_in("roster", "personnel"),
    independent=((col.subject_id, day(col.accessed_at)),),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="One person looked up three times on one day, and once on the next, makes two occasions.",
            window=90,
            expected=2,
            rows={
                "system_access": tuple(
                    {"system": "crime", "subject_id": 4, "accessed_at": f"2025-12-{at}"}
                    for at in ("10 21:00", "10 21:05", "10 21:30", "11 08:00")
                )
            },
        ),
        Case(
            says="Two people on one day make two.",
            window=90,
            expected=2,
            rows={
                "system_access": tuple(
                    {"system": "crime", "subject_id": s, "accessed_at": "2025-12-10 21:00"} for s in (4, 5)
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
    ),
)
