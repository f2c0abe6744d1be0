"""Changes that take paid time from colleagues."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="From how many of the colleagues' shifts that the officer changed were paid minutes taken away?",
    table="roster_edit",
    aggregate="count",
    subject_key="editor_id",
    windows=(365,),
    where=(col.editor_id != col.officer_id) & (col.minutes_gained < 0),
    independent=(col.shift_id,),
    exposure="roster_edits_of_others",
    minimum_exposure=10,
    proportion=True,
    concerns=("culture",),
    references=("Casey review (2023): complaints turned back on those who made them.",),
    cases=(
        Case(
            says="A change that takes minutes from a colleague counts.",
            window=365,
            expected=1,
            rows={
                "roster_edit": (
                    {"editor_id": 1, "officer_id": 2, "minutes_gained": -60, "edited_at": "2025-12-01 09:00"},
                )
            },
        ),
        Case(
            says="A change that gives minutes, or none, does not.",
            window=365,
            expected=0,
            rows={
                "roster_edit": (
                    {"editor_id": 1, "officer_id": 2, "minutes_gained": 60, "edited_at": "2025-12-01 09:00"},
                    {"editor_id": 1, "officer_id": 2, "minutes_gained": 0, "edited_at": "2025-12-02 09:00"},
                )
            },
        ),
        Case(
            says="Correcting one's own shift downwards does not count.",
            window=365,
            expected=0,
            rows={
                "roster_edit": (
                    {"editor_id": 1, "officer_id": 1, "minutes_gained": -60, "edited_at": "2025-12-01 09:00"},
                )
            },
        ),
    ),
)
