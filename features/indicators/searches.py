"""Stops and searches."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many occasions did the officer stop and search people?",
    table="stop_search",
    aggregate="count",
    independent=((col.unit_id, col.grounds, day(col.searched_at)),),
    exposure="patrol_shifts",
    minimum_exposure=10,
    cases=(
        Case(
            says="Searches of two days are two occasions, whatever was found.",
            window=90,
            expected=2,
            rows={
                "stop_search": (
                    {"found": True, "searched_at": "2025-12-01 22:00"},
                    {"found": False, "searched_at": "2025-12-02 23:00"},
                )
            },
        ),
        Case(
            says="Searches of one day, area and ground are one operation; another ground is another.",
            window=90,
            expected=2,
            rows={
                "stop_search": (
                    *({"grounds": "weapons", "searched_at": f"2025-12-01 {h}:00"} for h in (20, 21, 22)),
                    {"grounds": "drugs", "searched_at": "2025-12-01 23:00"},
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
