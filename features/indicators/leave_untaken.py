"""Annual leave not taken in a year, against the least that the law gives."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

_DAYS_OF_LEAVE = 39
"""5.6 weeks of seven days, rounded down: spells of leave are recorded with the days off inside them."""

INDICATOR = Indicator(
    question="How many days of the least annual leave has the officer not taken?",
    table="absence",
    aggregate="formula",
    windows=(365,),
    value=col.annual_leave_days * -1 + _DAYS_OF_LEAVE,
    exposure="days_served",
    minimum_exposure=365,
    references=(
        "Working Time Regulations 1998, regulations 13 and 13A: 5.6 weeks a year, whole weeks with their days off.",
    ),
    cases=(
        Case(says="No leave in a year: all of it is untaken.", window=365, expected=39, rows={"absence": ()}),
        Case(
            says="Ten days taken.",
            window=365,
            expected=29,
            rows={"absence": ({"kind": "annual_leave", "started_on": "2025-06-01", "ended_on": "2025-06-10"},)},
        ),
        Case(
            says="Who takes more than the least, as ranks with more leave do, has less than none untaken.",
            window=365,
            expected=-4,
            rows={"absence": ({"kind": "annual_leave", "started_on": "2025-06-01", "ended_on": "2025-07-13"},)},
        ),
    ),
)
