"""Coming tours cut or cancelled by others."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator

_TOUR = {"shift_id": 5, "starts_at": "2025-12-08 07:00"}
_CUT = {"shift_id": 5, "editor_id": 2, "field": "duty", "minutes_gained": -60, "edited_at": "2025-12-01 09:00"}

INDICATOR = Indicator(
    question="How often did somebody else cut or cancel one of the officer's coming tours?",
    table="roster_edit",
    aggregate="count",
    windows=(365,),
    where=(col.editor_id != col.officer_id)
    & (col.minutes_gained < 0)
    & col.field.is_in("duty", "cancel")
    & (col.edited_at <= col.shift.starts_at),
    independent=(col.shift_id, (col.editor_id, day(col.edited_at))),
    exposure="shifts_worked",
    minimum_exposure=20,
    concerns=("welfare",),
    references=("Bullying was reported by 33% of London staff with a long-term illness (Casey review, 2023).",),
    cases=(
        Case(
            says="Cut or cancelled beforehand, by a supervisor or by anybody else.",
            window=365,
            expected=2,
            rows={
                "shift": (_TOUR, _TOUR | {"shift_id": 6}),
                "roster_edit": (
                    _CUT,
                    _CUT | {"shift_id": 6, "editor_id": 9, "field": "cancel", "minutes_gained": -480},
                ),
            },
        ),
        Case(
            says="A change of one's own that gives minutes back does not count.",
            window=365,
            expected=0,
            rows={"shift": (_TOUR,), "roster_edit": (_CUT | {"editor_id": 1},)},
        ),
        Case(
            says="Two tours cut by one person on one day are one decision.",
            window=365,
            expected=1,
            rows={
                "shift": (_TOUR, _TOUR | {"shift_id": 6, "starts_at": "2025-12-15 07:00"}),
                "roster_edit": (_CUT, _CUT | {"shift_id": 6}),
            },
        ),
        Case(
            says="A change by others that adds minutes does not count.",
            window=365,
            expected=0,
            rows={"shift": (_TOUR,), "roster_edit": (_CUT | {"minutes_gained": 30},)},
        ),
        Case(
            says="A start or an end put right, as tutors do for new joiners, does not count.",
            window=365,
            expected=0,
            rows={"shift": (_TOUR,), "roster_edit": (_CUT | {"field": "start"},)},
        ),
        Case(
            says="A correction after the tour does not count.",
            window=365,
            expected=0,
            rows={"shift": (_TOUR,), "roster_edit": (_CUT | {"edited_at": "2025-12-09 09:00"},)},
        ),
    ),
)
