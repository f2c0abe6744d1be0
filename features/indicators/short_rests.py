"""Less than eleven hours between shifts."""

from __future__ import annotations

from features.expression import col, day, days_later, minutes_later
from features.indicator import Case, Indicator
from features.relation import Related

_REST = 11 * 60

INDICATOR = Indicator(
    question="How many shifts did the officer begin less than eleven hours after the end of another?",
    table="shift",
    aggregate="count",
    where=~col.duty.is_in("training", "on_call"),
    having=(
        Related(
            table="shift",
            pairs=((col.officer_id, col.officer_id),),
            either=(((day(col.starts_at), day(col.ends_at)),), ((days_later(col.starts_at, -1), day(col.ends_at)),)),
            match=~col.other.duty.is_in("training", "on_call")
            & (col.other.ends_at <= col.starts_at)
            & (col.other.ends_at > minutes_later(col.starts_at, -_REST)),
        ),
    ),
    exposure="shifts_worked",
    minimum_exposure=20,
    proportion=True,
    references=("Working Time Regulations 1998, regulation 10: eleven hours of rest in each day.",),
    cases=(
        Case(
            says="From ten in the evening to seven in the morning are nine hours.",
            window=90,
            expected=1,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 14:00", "ends_at": "2025-12-01 22:00"},
                    {"starts_at": "2025-12-02 07:00", "ends_at": "2025-12-02 17:00"},
                )
            },
        ),
        Case(
            says="From a night's end to two in the afternoon of the same day are seven.",
            window=90,
            expected=1,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 22:00", "ends_at": "2025-12-02 07:00", "duty": "night"},
                    {"starts_at": "2025-12-02 14:00", "ends_at": "2025-12-02 22:00"},
                )
            },
        ),
        Case(
            says="Eleven hours to the minute are rest enough.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 10:00", "ends_at": "2025-12-01 20:00"},
                    {"starts_at": "2025-12-02 07:00", "ends_at": "2025-12-02 17:00"},
                )
            },
        ),
        Case(
            says="Two shifts that overlap are a mistake of the record and no rest at all.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 07:00", "ends_at": "2025-12-01 17:00"},
                    {"starts_at": "2025-12-01 09:00", "ends_at": "2025-12-01 12:00"},
                )
            },
        ),
        Case(
            says="After being on call one has not come from work.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 14:00", "ends_at": "2025-12-01 22:00", "duty": "on_call"},
                    {"starts_at": "2025-12-02 07:00", "ends_at": "2025-12-02 17:00"},
                )
            },
        ),
        Case(
            says="A colleague's shift says nothing of the officer's rest.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"officer_id": 2, "starts_at": "2025-12-01 14:00", "ends_at": "2025-12-01 22:00"},
                    {"starts_at": "2025-12-02 07:00", "ends_at": "2025-12-02 17:00"},
                )
            },
        ),
    ),
)
