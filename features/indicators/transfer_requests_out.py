"""Requests to leave a team."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many members asked to leave the team?",
    table="transfer_request",
    aggregate="count",
    subject="unit",
    subject_key="from_unit_id",
    independent=(col.officer_id,),
    exposure="member_days",
    minimum_exposure=90,
    concerns=("culture",),
    cases=(
        Case(
            says="The team left counts, whatever the reason.",
            window=365,
            expected=2,
            rows={
                "transfer_request": (
                    {"from_unit_id": 1, "requested_on": "2025-06-01", "reason": "career"},
                    {"officer_id": 2, "from_unit_id": 1, "requested_on": "2025-06-02", "reason": None},
                )
            },
        ),
        Case(
            says="One member who asks again is one.",
            window=365,
            expected=1,
            rows={
                "transfer_request": tuple(
                    {"officer_id": 2, "from_unit_id": 1, "requested_on": f"2025-{m}-01"} for m in (10, 11, 12)
                )
            },
        ),
        Case(
            says="A request in another team does not count.",
            window=365,
            expected=0,
            rows={"transfer_request": ({"from_unit_id": 2, "requested_on": "2025-06-01"},)},
        ),
        Case(says="None made, none counted.", window=365, expected=0, rows={"transfer_request": ()}),
    ),
)
