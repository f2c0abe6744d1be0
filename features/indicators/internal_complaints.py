"""Allegations that came from inside the force."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many separate causes did internal allegations about the officer have?",
    table="complaint",
    aggregate="count",
    windows=(365, 1825),
    where=col.source == "internal",
    independent=(col.complaint_id, col.complainant_id, col.occurred_on),
    exposure="days_served",
    minimum_exposure=30,
    references=("Casey review (2023): complaints turned back on those who raised a concern.",),
    cases=(
        Case(
            says="Internal allegations count, whatever became of them.",
            window=365,
            expected=1,
            rows={
                "complaint": (
                    {
                        "source": "internal",
                        "received_on": "2025-06-01",
                        "finalised_on": "2025-08-01",
                        "outcome": "no_action",
                    },
                )
            },
        ),
        Case(
            says="An allegation from the public does not.",
            window=365,
            expected=0,
            rows={"complaint": ({"source": "public", "received_on": "2025-06-01"},)},
        ),
        Case(says="None made, none counted.", window=365, expected=0, rows={"complaint": ()}),
    ),
)
