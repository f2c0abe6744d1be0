"""Vehicle events put down to the officer."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="For how many of the vehicle events was the officer at fault?",
    table="vehicle_event",
    aggregate="count",
    windows=(365,),
    where=col.at_fault,
    exposure="vehicle_events",
    proportion=True,
    references=("At-fault collisions are among the indicators of New Jersey's directive on early warning (2018-3).",),
    cases=(
        Case(
            says="A collision at fault counts.",
            window=365,
            expected=1,
            rows={
                "vehicle_event": (
                    {"at_fault": True, "occurred_at": "2025-06-01 10:00"},
                    {"at_fault": False, "occurred_at": "2025-07-01 10:00"},
                )
            },
        ),
        Case(
            says="Where fault was not settled nothing is said.",
            window=365,
            expected=0,
            rows={"vehicle_event": ({"at_fault": None, "kind": "speeding", "occurred_at": "2025-06-01 10:00"},)},
        ),
        Case(says="None recorded, none counted.", window=365, expected=0, rows={"vehicle_event": ()}),
    ),
)
