"""Collisions and speeding records: the opportunity for those at fault."""

from __future__ import annotations

from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many collisions and speeding records did the officer have in police vehicles?",
    table="vehicle_event",
    aggregate="count",
    windows=(365,),
    exposure="shifts_worked",
    minimum_exposure=20,
    cases=(
        Case(
            says="Collisions and speeding count alike.",
            window=365,
            expected=2,
            rows={
                "vehicle_event": (
                    {"kind": "collision", "occurred_at": "2025-06-01 10:00"},
                    {"kind": "speeding", "occurred_at": "2025-07-01 10:00"},
                )
            },
        ),
        Case(
            says="A colleague's collision does not count.",
            window=365,
            expected=0,
            rows={"vehicle_event": ({"officer_id": 2, "kind": "collision", "occurred_at": "2025-06-01 10:00"},)},
        ),
        Case(says="None recorded, none counted.", window=365, expected=0, rows={"vehicle_event": ()}),
    ),
)
