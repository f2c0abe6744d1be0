"""Harder force than that of colleagues at the same incident."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator
from features.relation import Related

INDICATOR = Indicator(
    question="How often was the officer's force the harder of two that differed at one incident?",
    table="use_of_force",
    aggregate="count",
    windows=(365,),
    joined=Related(
        table="use_of_force",
        pairs=((col.incident_id, col.incident_id),),
        match=col.other.officer_id != col.officer_id,
    ),
    where=(col.severity != col.other.severity) & (col.severity > col.other.severity),
    exposure="force_unequal_pairs",
    minimum_exposure=3,
    proportion=True,
    read_by="scene",
    concerns=("standards",),
    standard="use_of_force",
    references=("Ridgeway (2026): officers at one scene are compared, so that the scene cancels out.",),
    cases=(
        Case(
            says="Harder than one colleague and softer than another: one of two pairs.",
            window=365,
            expected=1,
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
            says="Hard force at a hard scene, where a colleague used as hard, is not harder.",
            window=365,
            expected=0,
            rows={
                "use_of_force": (
                    {"incident_id": 7, "severity": 5, "used_at": "2025-12-01 22:00"},
                    {"incident_id": 7, "severity": 5, "officer_id": 2, "used_at": "2025-12-01 22:00"},
                )
            },
        ),
        Case(
            says="Hard force at another incident is compared with nobody.",
            window=365,
            expected=0,
            rows={
                "use_of_force": (
                    {"incident_id": 7, "severity": 5, "used_at": "2025-12-01 22:00"},
                    {"incident_id": 8, "severity": 1, "officer_id": 2, "used_at": "2025-12-01 22:00"},
                )
            },
        ),
        Case(
            says="A colleague's report that is not known yet makes no pair yet.",
            window=365,
            expected=0,
            rows={
                "use_of_force": (
                    {"incident_id": 7, "severity": 3, "used_at": "2025-12-30 22:00"},
                    {
                        "incident_id": 7,
                        "severity": 1,
                        "officer_id": 2,
                        "used_at": "2025-12-30 22:00",
                        "known_on": "2026-01-02",
                    },
                )
            },
        ),
    ),
)
