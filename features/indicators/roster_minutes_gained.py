"""Paid minutes that own edits after the fact added."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many paid minutes did the officer's own edits after the shift add?",
    table="roster_edit",
    aggregate="sum",
    value=col.minutes_gained,
    where=(col.editor_id == col.officer_id) & (col.minutes_gained > 0) & (col.edited_at > col.shift.ends_at),
    exposure="shifts_worked",
    minimum_exposure=10,
    cases=(
        Case(
            says="Minutes of two edits add up.",
            window=90,
            expected=75,
            rows={
                "roster_edit": (
                    {"shift_id": 5, "editor_id": 1, "minutes_gained": 30, "edited_at": "2025-12-02 09:00"},
                    {"shift_id": 5, "editor_id": 1, "minutes_gained": 45, "edited_at": "2025-12-03 09:00"},
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-12-01 17:00"},),
            },
        ),
        Case(
            says="Minutes taken away are not set off against minutes added.",
            window=90,
            expected=30,
            rows={
                "roster_edit": (
                    {"shift_id": 5, "editor_id": 1, "minutes_gained": 30, "edited_at": "2025-12-02 09:00"},
                    {"shift_id": 5, "editor_id": 1, "minutes_gained": -30, "edited_at": "2025-12-03 09:00"},
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-12-01 17:00"},),
            },
        ),
        Case(says="No edits, no minutes.", window=90, expected=0, rows={"roster_edit": ()}),
    ),
)
