"""Overtime that members book for each other after the event, with no supervisor."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator
from features.relation import Related

INDICATOR = Indicator(
    question="How often did somebody other than member and supervisor book overtime for a member after a shift?",
    table="roster_edit",
    aggregate="count",
    where=(col.editor_id != col.officer_id)
    & (col.editor_id != col.posting.supervisor_id)
    & (col.field == "overtime")
    & (col.minutes_gained > 0)
    & (col.edited_at > col.shift.ends_at),
    subject="unit",
    subject_key="posting.unit_id",
    windows=(365,),
    joined=Related(
        table="posting",
        pairs=((col.officer_id, col.officer_id),),
        match=(col.other.started_on <= day(col.edited_at))
        & (col.other.ended_on.is_null() | (col.other.ended_on >= day(col.edited_at))),
    ),
    independent=(col.shift_id,),
    exposure="member_days",
    minimum_exposure=90,
    concerns=("culture",),
    references=("Casey review (2023), p. 192: overtime practices that managers were said to tolerate.",),
    cases=(
        Case(
            says="A colleague books overtime for a member after the shift.",
            window=365,
            expected=1,
            rows={
                "roster_edit": (
                    {
                        "shift_id": 5,
                        "editor_id": 2,
                        "field": "overtime",
                        "minutes_gained": 60,
                        "edited_at": "2025-06-03 09:00",
                    },
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-06-01 17:00"},),
                "posting": ({"supervisor_id": 3, "started_on": "2020-01-01"},),
            },
        ),
        Case(
            says="The supervisor booking it is how it is meant to be.",
            window=365,
            expected=0,
            rows={
                "roster_edit": (
                    {
                        "shift_id": 5,
                        "editor_id": 3,
                        "field": "overtime",
                        "minutes_gained": 60,
                        "edited_at": "2025-06-03 09:00",
                    },
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-06-01 17:00"},),
                "posting": ({"supervisor_id": 3, "started_on": "2020-01-01"},),
            },
        ),
        Case(
            says="Booking one's own is another matter, and planning ahead another still.",
            window=365,
            expected=0,
            rows={
                "roster_edit": (
                    {
                        "shift_id": 5,
                        "editor_id": 1,
                        "field": "overtime",
                        "minutes_gained": 60,
                        "edited_at": "2025-06-03 09:00",
                    },
                    {
                        "shift_id": 5,
                        "editor_id": 2,
                        "field": "overtime",
                        "minutes_gained": 60,
                        "edited_at": "2025-05-28 09:00",
                    },
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-06-01 17:00"},),
                "posting": ({"supervisor_id": 3, "started_on": "2020-01-01"},),
            },
        ),
        Case(
            says="Where no supervisor is recorded nothing can be said of who should have booked it.",
            window=365,
            expected=0,
            rows={
                "roster_edit": (
                    {
                        "shift_id": 5,
                        "editor_id": 2,
                        "field": "overtime",
                        "minutes_gained": 60,
                        "edited_at": "2025-06-03 09:00",
                    },
                ),
                "shift": ({"shift_id": 5, "ends_at": "2025-06-01 17:00"},),
                "posting": ({"supervisor_id": None, "started_on": "2020-01-01"},),
            },
        ),
    ),
)
