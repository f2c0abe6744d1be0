"""Whom the officer searches, compared with colleagues in the same place."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many of the occasions with a recorded ethnicity was somebody black searched?",
    table="stop_search",
    aggregate="count",
    windows=(365,),
    where=(col.subject_ethnicity != "not_stated") & (col.subject_ethnicity == "black"),
    independent=((col.unit_id, col.grounds, day(col.searched_at)),),
    exposure="searches_ethnicity_stated",
    minimum_exposure=10,
    proportion=True,
    concerns=("standards",),
    standard="equality_and_diversity",
    references=(
        "Published attention to disparity in stop and search.",
        "Who is met depends on the borough: it says something only against peers who work there.",
    ),
    cases=(
        Case(
            says="Searches of black people among those recorded.",
            window=365,
            expected=2,
            rows={
                "stop_search": (
                    {"subject_ethnicity": "black", "searched_at": "2025-12-01 20:00"},
                    {"subject_ethnicity": "black", "searched_at": "2025-12-02 20:00"},
                    {"subject_ethnicity": "white", "searched_at": "2025-12-03 20:00"},
                )
            },
        ),
        Case(
            says="People whose ethnicity is not recorded are put down to no group.",
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
            says="Many searches of other people are no sign of this.",
            window=365,
            expected=0,
            rows={
                "stop_search": tuple(
                    {"subject_ethnicity": "white", "searched_at": f"2025-12-{d} 20:00"} for d in range(10, 16)
                )
            },
        ),
    ),
)
