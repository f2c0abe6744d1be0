"""Searches of people whose ethnicity is recorded: the opportunity for disproportion."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="On how many occasions did the officer search somebody whose ethnicity is recorded?",
    table="stop_search",
    aggregate="count",
    windows=(365,),
    where=col.subject_ethnicity != "not_stated",
    independent=((col.unit_id, col.grounds, day(col.searched_at)),),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="Any recorded ethnicity counts.",
            window=365,
            expected=2,
            rows={
                "stop_search": (
                    {"subject_ethnicity": "white", "searched_at": "2025-12-01 20:00"},
                    {"subject_ethnicity": "black", "searched_at": "2025-12-02 20:00"},
                )
            },
        ),
        Case(
            says="Not stated, or not recorded, says nothing either way.",
            window=365,
            expected=0,
            rows={
                "stop_search": (
                    {"subject_ethnicity": "not_stated", "searched_at": "2025-12-01 20:00"},
                    {"subject_ethnicity": None, "searched_at": "2025-12-02 20:00"},
                )
            },
        ),
        Case(
            says="A colleague's search does not count.",
            window=365,
            expected=0,
            rows={"stop_search": ({"officer_id": 2, "subject_ethnicity": "white", "searched_at": "2025-12-01 20:00"},)},
        ),
    ),
)
