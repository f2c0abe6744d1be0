"""Searches that found nothing."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many of the occasions on which the officer searched was nothing found on somebody?",
    table="stop_search",
    aggregate="count",
    windows=(365,),
    where=~col.found,
    independent=((col.unit_id, col.grounds, day(col.searched_at)),),
    exposure="searches",
    minimum_exposure=10,
    proportion=True,
    concerns=("standards",),
    standard="authority_respect_and_courtesy",
    references=("Police and Criminal Evidence Act 1984, Code A: a search needs reasonable grounds.",),
    cases=(
        Case(
            says="Only searches that found nothing count.",
            window=365,
            expected=2,
            rows={
                "stop_search": (
                    {"found": False, "searched_at": "2025-12-01 20:00"},
                    {"found": False, "searched_at": "2025-12-02 20:00"},
                    {"found": True, "searched_at": "2025-12-03 20:00"},
                )
            },
        ),
        Case(
            says="Many searches that all found something are no sign of anything.",
            window=365,
            expected=0,
            rows={"stop_search": tuple({"found": True, "searched_at": f"2025-12-{d} 20:00"} for d in range(10, 16))},
        ),
        Case(
            says="A search that is not known yet does not count yet.",
            window=365,
            expected=0,
            rows={"stop_search": ({"found": False, "searched_at": "2025-12-30 20:00", "known_on": "2026-01-01"},)},
        ),
    ),
)
