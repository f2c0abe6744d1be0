"""Days claimed as worked in the office."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many shifts did the officer record as worked in the office?",
    table="shift",
    aggregate="count",
    where=col.place == "office",
    exposure=NoExposure("it describes a working pattern; how often the claim is contradicted is asked by a rule"),
    cases=(
        Case(
            says="Home and field days are not office days.",
            window=90,
            expected=1,
            rows={
                "shift": (
                    {"place": "office", "starts_at": "2025-12-01 09:00"},
                    {"place": "home", "starts_at": "2025-12-02 09:00"},
                    {"place": "field", "starts_at": "2025-12-03 09:00"},
                )
            },
        ),
        Case(says="Nothing recorded is no office day.", window=90, expected=0, rows={"shift": ()}),
        Case(
            says="An office day before the window does not count.",
            window=90,
            expected=0,
            rows={"shift": ({"place": "office", "starts_at": "2025-09-01 09:00"},)},
        ),
    ),
)
