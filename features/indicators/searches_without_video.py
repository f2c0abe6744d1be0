"""Searches with body-worn video off."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many of the officer's searches were made with body-worn video off?",
    table="stop_search",
    aggregate="count",
    where=~col.video,
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
