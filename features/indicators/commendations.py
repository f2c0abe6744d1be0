"""Commendations awarded: what else the records say of a person."""

from __future__ import annotations

from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many commendations was the officer awarded?",
    table="commendation",
    aggregate="count",
    windows=(365, 1825),
    exposure="days_served",
    minimum_exposure=30,
    cases=(
        Case(
            says="Commendations of every kind count.",
            window=365,
            expected=2,
            rows={
                "commendation": (
                    {"kind": "bravery", "awarded_on": "2025-06-01"},
                    {"kind": "public_letter", "awarded_on": "2025-07-01"},
                )
            },
        ),
        Case(
            says="A colleague's does not.",
            window=365,
            expected=0,
            rows={"commendation": ({"officer_id": 2, "awarded_on": "2025-06-01"},)},
        ),
        Case(says="None awarded, none counted.", window=365, expected=0, rows={"commendation": ()}),
    ),
)
