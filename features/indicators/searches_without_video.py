"""Searches with body-worn video off."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many of the occasions on which the officer searched was body-worn video off?",
    table="stop_search",
    aggregate="count",
    where=~col.video,
    independent=((col.unit_id, col.grounds, day(col.searched_at)),),
    exposure="searches",
    minimum_exposure=10,
    proportion=True,
    cases=(
        Case(
            says="Only searches with the camera off count.",
            window=90,
            expected=1,
            rows={
                "stop_search": (
                    {"video": False, "searched_at": "2025-12-01 20:00"},
                    {"video": True, "searched_at": "2025-12-02 20:00"},
                )
            },
        ),
        Case(
            says="What was found does not matter.",
            window=90,
            expected=1,
            rows={"stop_search": ({"video": False, "found": True, "searched_at": "2025-12-01 20:00"},)},
        ),
        Case(says="No search, none counted.", window=90, expected=0, rows={"stop_search": ()}),
    ),
)
