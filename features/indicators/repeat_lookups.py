"""Look-ups of somebody looked up before, neither time with an incident."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator
from features.relation import Related

INDICATOR = Indicator(
    question="On how many days did the officer look up, without an incident, somebody looked up so on an earlier day?",
    table="system_access",
    aggregate="count",
    where=col.incident_id.is_null() & ~col.subject_id.is_null() & ~col.system.is_in("roster", "personnel"),
    having=(
        Related(
            table="system_access",
            pairs=((col.officer_id, col.officer_id), (col.subject_id, col.subject_id)),
            match=col.other.incident_id.is_null() & (day(col.other.accessed_at) < day(col.accessed_at)),
        ),
    ),
    independent=((col.subject_id, day(col.accessed_at)),),
    exposure="unlinked_occasions",
    minimum_exposure=5,
    proportion=True,
    read_by="pairs",
    concerns=("standards",),
    standard="confidentiality",
    references=("Abuse of position for a sexual purpose: 61 cases in England and Wales, 2024/25 (IOPC, table 18).",),
    cases=(
        Case(
            says="One person looked up three times: two of them are repeats.",
            window=90,
            expected=2,
            rows={
                "system_access": tuple(
                    {"system": "crime", "subject_id": 4, "accessed_at": f"2025-12-{d} 21:00"} for d in (10, 11, 12)
                )
            },
        ),
        Case(
            says="Looking again on the same day is the same look-up.",
            window=90,
            expected=0,
            rows={
                "system_access": tuple(
                    {"system": "crime", "subject_id": 4, "accessed_at": f"2025-12-10 {h}:00"} for h in (10, 11, 12)
                )
            },
        ),
        Case(
            says="Three people looked up once each are no repeats.",
            window=90,
            expected=0,
            rows={
                "system_access": tuple(
                    {"system": "crime", "subject_id": s, "accessed_at": f"2025-12-1{s} 21:00"} for s in (4, 5, 6)
                )
            },
        ),
        Case(
            says="Somebody met through work, with an incident named, is not looked up again without one.",
            window=90,
            expected=0,
            rows={
                "system_access": (
                    {"system": "crime", "subject_id": 4, "incident_id": 8, "accessed_at": "2025-12-10 21:00"},
                    {"system": "crime", "subject_id": 4, "accessed_at": "2025-12-12 21:00"},
                )
            },
        ),
        Case(
            says="The look-up before may lie before the window.",
            window=90,
            expected=1,
            rows={
                "system_access": (
                    {"system": "crime", "subject_id": 4, "accessed_at": "2025-06-10 21:00"},
                    {"system": "crime", "subject_id": 4, "accessed_at": "2025-12-12 21:00"},
                )
            },
        ),
        Case(
            says="That a colleague looked the person up does not count.",
            window=90,
            expected=0,
            rows={
                "system_access": (
                    {"officer_id": 2, "system": "crime", "subject_id": 4, "accessed_at": "2025-12-10 21:00"},
                    {"system": "crime", "subject_id": 4, "accessed_at": "2025-12-12 21:00"},
                )
            },
        ),
    ),
)
