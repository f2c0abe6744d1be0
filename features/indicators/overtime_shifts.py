"""Shifts with overtime, however long."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many of the shifts that the officer worked had overtime?",
    table="shift",
    aggregate="count",
    where=~col.duty.is_in("training", "on_call") & (col.overtime_minutes > 0),
    exposure="shifts_worked",
    minimum_exposure=20,
    proportion=True,
    references=(
        "About 50 overtime hours a constable a year in London, 2017-18.",
        "Rest days owed: about 6 an officer, 2018.",
    ),
    cases=(
        Case(
            says="A quarter of an hour and four hours are one shift each.",
            window=90,
            expected=2,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 07:00", "overtime_minutes": 15},
                    {"starts_at": "2025-12-02 07:00", "overtime_minutes": 240},
                )
            },
        ),
        Case(
            says="A shift that ended in time does not count.",
            window=90,
            expected=0,
            rows={"shift": ({"starts_at": "2025-12-01 07:00", "overtime_minutes": 0},)},
        ),
        Case(
            says="Being on call is not a shift worked, whatever is paid for it.",
            window=90,
            expected=0,
            rows={"shift": ({"starts_at": "2025-12-01 07:00", "duty": "on_call", "overtime_minutes": 60},)},
        ),
    ),
)
