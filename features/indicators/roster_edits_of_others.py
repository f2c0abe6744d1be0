"""Changes to colleagues' shifts: the work of supervisors and planners."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many of colleagues' recorded shifts did the officer change?",
    table="roster_edit",
    aggregate="count",
    subject_key="editor_id",
    where=col.editor_id != col.officer_id,
    independent=(col.shift_id,),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="The one who edits is looked at, not the one whose shift it is.",
            window=90,
            expected=2,
            rows={
                "roster_edit": (
                    {"editor_id": 1, "officer_id": 2, "shift_id": 5, "edited_at": "2025-12-01 09:00"},
                    {"editor_id": 1, "officer_id": 2, "shift_id": 5, "edited_at": "2025-12-01 10:00"},
                    {"editor_id": 1, "officer_id": 2, "shift_id": 6, "edited_at": "2025-12-02 09:00"},
                )
            },
        ),
        Case(
            says="A change of one's own shift does not count.",
            window=90,
            expected=0,
            rows={"roster_edit": ({"editor_id": 1, "officer_id": 1, "edited_at": "2025-12-01 09:00"},)},
        ),
        Case(
            says="A change that somebody else made does not count.",
            window=90,
            expected=0,
            rows={"roster_edit": ({"editor_id": 2, "officer_id": 1, "edited_at": "2025-12-01 09:00"},)},
        ),
    ),
)
