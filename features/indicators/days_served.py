"""How many days an officer held a posting: the opportunity where no shifts are recorded."""

from __future__ import annotations

from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="On how many days did the officer hold a posting?",
    table="posting",
    aggregate="days",
    windows=(90, 365, 1825),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="A posting that lasts covers the whole window.",
            window=90,
            expected=90,
            rows={"posting": ({"started_on": "2020-01-01"},)},
        ),
        Case(
            says="Days are clipped to the window and the end day counts.",
            window=90,
            expected=10,
            rows={"posting": ({"started_on": "2020-01-01", "ended_on": "2025-10-12"},)},
        ),
        Case(
            says="An end that lies ahead is not known yet.",
            window=90,
            expected=31,
            rows={"posting": ({"started_on": "2025-12-01", "ended_on": "2026-01-15"},)},
        ),
        Case(
            says="Two postings held at once are one day each day.",
            window=90,
            expected=90,
            rows={
                "posting": (
                    {"unit_id": 1, "started_on": "2020-01-01"},
                    {"unit_id": 2, "started_on": "2024-06-01"},
                )
            },
        ),
    ),
)
