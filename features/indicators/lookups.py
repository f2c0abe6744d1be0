"""Look-ups in police systems: the opportunity for look-ups without a reason."""

from __future__ import annotations

from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many look-ups did the officer make in police systems?",
    table="system_access",
    aggregate="count",
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="Every look-up counts, in any system.",
            window=90,
            expected=2,
            rows={
                "system_access": (
                    {"system": "crime", "accessed_at": "2025-12-01 10:00"},
                    {"system": "roster", "accessed_at": "2025-12-01 10:05"},
                )
            },
        ),
        Case(says="No look-ups, none counted.", window=90, expected=0, rows={"system_access": ()}),
        Case(
            says="A look-up before the window does not count.",
            window=90,
            expected=0,
            rows={"system_access": ({"accessed_at": "2025-10-02 23:59"},)},
        ),
    ),
)
