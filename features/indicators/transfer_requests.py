"""Requests of the officer to leave a team."""

from __future__ import annotations

from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many requests to leave their team did the officer make?",
    table="transfer_request",
    aggregate="count",
    windows=(365,),
    exposure="days_served",
    minimum_exposure=30,
    references=("Most requests are for a career, a place or a family: by itself one says nothing.",),
    cases=(
        Case(
            says="A request counts, for any reason or none.",
            window=365,
            expected=2,
            rows={
                "transfer_request": (
                    {"reason": "team", "requested_on": "2025-06-01"},
                    {"reason": None, "requested_on": "2025-07-01"},
                )
            },
        ),
        Case(
            says="A colleague's request to leave the same team does not.",
            window=365,
            expected=0,
            rows={"transfer_request": ({"officer_id": 2, "requested_on": "2025-06-01"},)},
        ),
        Case(says="None made, none counted.", window=365, expected=0, rows={"transfer_request": ()}),
    ),
)
