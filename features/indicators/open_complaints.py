"""Allegations that are not settled yet."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many of the allegations about the officer are still open?",
    table="complaint",
    aggregate="count",
    windows=(365, 1825),
    where=col.finalised_on.is_null(),
    exposure=NoExposure("it says how things stand: how long a case takes is the doing of those who settle it"),
    references=("Formal cases in London took 202 days on average, 2024/25.",),
    cases=(
        Case(
            says="An allegation without an end counts, from whomever it came.",
            window=365,
            expected=2,
            rows={"complaint": ({"received_on": "2025-06-01"}, {"received_on": "2025-07-01", "source": "internal"})},
        ),
        Case(
            says="A settled one does not.",
            window=365,
            expected=0,
            rows={"complaint": ({"received_on": "2025-06-01", "finalised_on": "2025-08-01", "outcome": "no_action"},)},
        ),
        Case(
            says="One that is settled later was open on the day.",
            window=365,
            expected=1,
            rows={"complaint": ({"received_on": "2025-06-01", "finalised_on": "2026-01-01", "outcome": "no_action"},)},
        ),
    ),
)
