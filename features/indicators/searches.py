"""Stops and searches."""

from __future__ import annotations

from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many people did the officer stop and search?",
    table="stop_search",
    aggregate="count",
    exposure="patrol_shifts",
    minimum_exposure=10,
    cases=(
        Case(
            says="Each search counts, whatever was found.",
            window=90,
            expected=2,
            rows={
                "stop_search": (
                    {"found": True, "searched_at": "2025-12-01 22:00"},
                    {"found": False, "searched_at": "2025-12-01 23:00"},
                )
            },
        ),
        Case(
            says="A search on the as-of date does not count.",
            window=90,
            expected=0,
            rows={"stop_search": ({"searched_at": "2026-01-01 00:00", "known_on": "2025-12-31"},)},
        ),
        Case(says="No search, none counted.", window=90, expected=0, rows={"stop_search": ()}),
    ),
)
