"""How much an officer was on duty: the opportunity for most things that happen at work."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many shifts did the officer work?",
    table="shift",
    aggregate="count",
    where=~col.duty.is_in("training", "on_call"),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="Training and on-call are not shifts worked.",
            window=90,
            expected=1,
            rows={
                "shift": (
                    {"duty": "early", "starts_at": "2025-12-01 07:00"},
                    {"duty": "training", "starts_at": "2025-12-02 09:00"},
                    {"duty": "on_call", "starts_at": "2025-12-03 00:00"},
                )
            },
        ),
        Case(
            says="A shift on the as-of date or before the window does not count.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"starts_at": "2026-01-01 07:00", "known_on": "2025-12-30"},
                    {"starts_at": "2025-10-02 07:00"},
                )
            },
        ),
        Case(
            says="A shift on the window's first day counts.",
            window=90,
            expected=1,
            rows={"shift": ({"starts_at": "2025-10-03 00:00"},)},
        ),
        Case(
            says="A shift that reached the records on the as-of date is not known yet.",
            window=90,
            expected=0,
            rows={"shift": ({"starts_at": "2025-12-31 07:00", "known_on": "2026-01-01"},)},
        ),
    ),
)
