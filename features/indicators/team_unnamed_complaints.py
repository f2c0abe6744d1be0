"""Complaints about a team that name nobody of it."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

_TEAM = {"posting": ({"started_on": "2020-01-01"},)}

INDICATOR = Indicator(
    question="How many separate causes had complaints from the public about the team that could name nobody?",
    table="complaint",
    aggregate="count",
    where=(col.source == "public") & col.officer_id.is_null(),
    windows=(365,),
    subject="unit",
    independent=(col.complaint_id, col.complainant_id),
    exposure="member_days",
    minimum_exposure=365,
    concerns=("culture",),
    references=("Public releases hold many complaints whose officers were never identified.",),
    cases=(
        Case(
            says="Two allegations of one case that name nobody are one cause.",
            window=365,
            expected=1,
            rows={
                "complaint": (
                    {"complaint_id": 9, "officer_id": None, "unit_id": 1, "received_on": "2025-06-01"},
                    {"complaint_id": 9, "officer_id": None, "unit_id": 1, "received_on": "2025-06-01"},
                ),
                **_TEAM,
            },
        ),
        Case(
            says="A complaint that names somebody counts with theirs, wherever it says it happened.",
            window=365,
            expected=0,
            rows={"complaint": ({"complaint_id": 9, "unit_id": 1, "received_on": "2025-06-01"},), **_TEAM},
        ),
        Case(
            says="A complaint that states another team, or none, does not count.",
            window=365,
            expected=0,
            rows={
                "complaint": (
                    {"complaint_id": 9, "officer_id": None, "unit_id": 2, "received_on": "2025-06-01"},
                    {"complaint_id": 10, "officer_id": None, "received_on": "2025-06-01"},
                ),
                **_TEAM,
            },
        ),
    ),
)
