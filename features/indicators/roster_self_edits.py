"""Changes to one's own recorded shift, after it ended, that add pay."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How often did the officer, after a shift had ended, edit their own record of it to gain paid minutes?",
    table="roster_edit",
    aggregate="count",
    where=(col.editor_id == col.officer_id) & (col.minutes_gained > 0) & (col.edited_at > col.shift.ends_at),
    exposure="shifts_worked",
    minimum_exposure=10,
    references=(
        "Roster-system abuse for gain was the largest group of people reported from the closed tool's first run.",
    ),
    cases=(
        Case(
            says="An own edit after the end that adds minutes counts.",
            window=90,
            expected=1,
            rows={
                "roster_edit": (
                    {"shift_id": 5, "editor_id": 1, "minutes_gained": 30, "edited_at": "2025-12-02 09:00"},
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-12-01 17:00"},),
            },
        ),
        Case(
            says="A supervisor's edit does not count.",
            window=90,
            expected=0,
            rows={
                "roster_edit": (
                    {"shift_id": 5, "editor_id": 9, "minutes_gained": 30, "edited_at": "2025-12-02 09:00"},
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-12-01 17:00"},),
            },
        ),
        Case(
            says="An edit before the shift ended is planning, not a claim after the fact.",
            window=90,
            expected=0,
            rows={
                "roster_edit": (
                    {"shift_id": 5, "editor_id": 1, "minutes_gained": 30, "edited_at": "2025-12-01 09:00"},
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-12-01 17:00"},),
            },
        ),
        Case(
            says="Without the shift's record nothing can be said of when it ended.",
            window=90,
            expected=0,
            rows={
                "roster_edit": ({"shift_id": 5, "editor_id": 1, "minutes_gained": 30, "edited_at": "2025-12-02 09:00"},)
            },
        ),
        Case(
            says="Giving minutes back does not count.",
            window=90,
            expected=0,
            rows={
                "roster_edit": (
                    {"shift_id": 5, "editor_id": 1, "minutes_gained": -30, "edited_at": "2025-12-02 09:00"},
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-12-01 17:00"},),
            },
        ),
    ),
)
