"""Cases in which several officers were named, by team."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator
from features.relation import Related

INDICATOR = Indicator(
    question="How many separate causes had complaints that name a member of the team together with a colleague?",
    table="complaint",
    aggregate="count",
    where=col.source == "public",
    having=(
        Related(
            table="complaint",
            pairs=((col.complaint_id, col.complaint_id),),
            match=col.other.officer_id != col.officer_id,
        ),
    ),
    subject="unit",
    subject_key="posting.unit_id",
    windows=(365,),
    joined=Related(
        table="posting",
        pairs=((col.officer_id, col.officer_id),),
        match=(col.other.started_on <= col.received_on)
        & (col.other.ended_on.is_null() | (col.other.ended_on >= col.received_on)),
    ),
    independent=(col.complaint_id, col.complainant_id, (col.officer_id, col.occurred_on)),
    exposure="joint_attendances",
    minimum_exposure=20,
    read_by="co_naming",
    concerns=("culture",),
    references=("Jain, Sinclair and Papachristos (2022): crews of officers named together in Chicago.",),
    cases=(
        Case(
            says="Two members in one case are one shared case.",
            window=365,
            expected=1,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                    {"complaint_id": 9, "officer_id": 2, "received_on": "2025-06-01"},
                ),
                "posting": (
                    {"officer_id": 1, "started_on": "2020-01-01"},
                    {"officer_id": 2, "started_on": "2020-01-01"},
                ),
            },
        ),
        Case(
            says="Two members in a case each have none to share.",
            window=365,
            expected=0,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                    {"complaint_id": 10, "officer_id": 2, "received_on": "2025-06-01"},
                ),
                "posting": (
                    {"officer_id": 1, "started_on": "2020-01-01"},
                    {"officer_id": 2, "started_on": "2020-01-01"},
                ),
            },
        ),
        Case(
            says="A case counts for the team of its day, not for that of a member who has moved.",
            window=365,
            expected=0,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                    {"complaint_id": 9, "officer_id": 2, "received_on": "2025-06-01"},
                ),
                "posting": (
                    {"officer_id": 1, "started_on": "2025-09-01"},
                    {"officer_id": 2, "unit_id": 2, "started_on": "2020-01-01"},
                    {"officer_id": 1, "unit_id": 2, "started_on": "2020-01-01", "ended_on": "2025-08-31"},
                ),
            },
        ),
    ),
)
