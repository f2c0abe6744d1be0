"""Complaint cases in which colleagues were named as well."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator
from features.relation import Related

INDICATOR = Indicator(
    question="In how many of the complaint cases from the public was a colleague named too?",
    table="complaint",
    aggregate="distinct",
    value=col.complaint_id,
    windows=(365,),
    where=col.source == "public",
    having=(
        Related(
            table="complaint",
            pairs=((col.complaint_id, col.complaint_id),),
            match=col.other.officer_id != col.officer_id,
        ),
    ),
    exposure="complaint_cases",
    references=("76% of complained-of Chicago officers were named together with another (Wood and others, 2019).",),
    cases=(
        Case(
            says="A case shared with a colleague counts once.",
            window=365,
            expected=1,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                    {"complaint_id": 9, "officer_id": 2, "received_on": "2025-06-01"},
                )
            },
        ),
        Case(
            says="Two allegations of one's own are not shared.",
            window=365,
            expected=0,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                )
            },
        ),
        Case(
            says="That a colleague was named is not known yet.",
            window=365,
            expected=0,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-12-01"},
                    {"complaint_id": 9, "officer_id": 2, "received_on": "2025-12-01", "known_on": "2026-01-05"},
                )
            },
        ),
    ),
)
