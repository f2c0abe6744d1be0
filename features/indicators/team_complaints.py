"""Causes of complaint about members of a team."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator
from features.relation import Related

_POSTED = {"posting": ({"started_on": "2020-01-01"}, {"officer_id": 2, "started_on": "2020-01-01"})}

INDICATOR = Indicator(
    question="How many separate causes had complaints from the public about members of the team?",
    table="complaint",
    aggregate="count",
    where=col.source == "public",
    windows=(365,),
    subject="unit",
    subject_key="posting.unit_id",
    joined=Related(
        table="posting",
        pairs=((col.officer_id, col.officer_id),),
        match=(col.other.started_on <= col.received_on)
        & (col.other.ended_on.is_null() | (col.other.ended_on >= col.received_on)),
    ),
    independent=(col.complaint_id, col.complainant_id, (col.officer_id, col.occurred_on)),
    exposure="member_days",
    minimum_exposure=365,
    concerns=("culture",),
    references=("76% of complained-of officers in Chicago were named together with a colleague.",),
    cases=(
        Case(
            says="Two members named in one case are one case.",
            window=365,
            expected=1,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                    {"complaint_id": 9, "officer_id": 2, "received_on": "2025-06-01"},
                ),
                **_POSTED,
            },
        ),
        Case(
            says="A complaint received after the officer left the team does not count.",
            window=365,
            expected=0,
            rows={
                "complaint": ({"received_on": "2025-06-01"},),
                "posting": (
                    {"started_on": "2020-01-01", "ended_on": "2025-03-31"},
                    {"officer_id": 2, "started_on": "2020-01-01"},
                ),
            },
        ),
        Case(
            says="A complaint about somebody who is not known to be posted anywhere counts for no team.",
            window=365,
            expected=0,
            rows={"complaint": ({"officer_id": 3, "received_on": "2025-06-01"},), **_POSTED},
        ),
    ),
)
