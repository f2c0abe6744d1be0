"""Allegations received from the public."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many allegations from the public were received about the officer?",
    table="complaint",
    aggregate="count",
    windows=(90, 365, 1825),
    where=col.source == "public",
    exposure="days_served",
    minimum_exposure=30,
    concerns=("standards",),
    standard="authority_respect_and_courtesy",
    references=("22,790 allegations about London's force in 2024/25, about 518 a 1,000 staff.",),
    cases=(
        Case(
            says="Two allegations in one case are two.",
            window=365,
            expected=2,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                )
            },
        ),
        Case(
            says="Internal allegations are not complaints from the public.",
            window=365,
            expected=0,
            rows={"complaint": ({"source": "internal", "received_on": "2025-06-01"},)},
        ),
        Case(
            says="Outcome plays no part, known or not.",
            window=365,
            expected=2,
            rows={
                "complaint": (
                    {"received_on": "2025-06-01", "outcome": "no_action", "finalised_on": "2025-08-01"},
                    {"received_on": "2025-06-01", "outcome": "case_to_answer", "finalised_on": "2026-03-01"},
                )
            },
        ),
    ),
)
