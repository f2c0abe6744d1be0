"""Night duty: the opportunity for long runs of nights."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many of the shifts that the officer worked were nights?",
    table="shift",
    aggregate="count",
    where=~col.duty.is_in("training", "on_call") & (col.duty == "night"),
    exposure="shifts_worked",
    minimum_exposure=20,
    proportion=True,
    references=("Response teams in London work two early, two late and two night shifts, then have four days off.",),
    cases=(
        Case(
            says="Night duty counts.",
            window=90,
            expected=1,
            rows={"shift": ({"starts_at": "2025-12-01 22:00", "duty": "night"},)},
        ),
        Case(
            says="A late shift that runs on past midnight is not night duty.",
            window=90,
            expected=0,
            rows={"shift": ({"starts_at": "2025-12-01 16:00", "ends_at": "2025-12-02 03:00", "duty": "late"},)},
        ),
        Case(says="None worked, none counted.", window=90, expected=0, rows={"shift": ()}),
    ),
)
