"""Incidents at which members of a team were together with a colleague: the opportunity for being named together."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator, NoExposure
from features.relation import Related

_OPENED = {"incident": ({"incident_id": 3, "opened_at": "2025-12-01 22:00"},)}
_POSTED = {"posting": ({"started_on": "2020-01-01"}, {"officer_id": 2, "started_on": "2020-01-01"})}

INDICATOR = Indicator(
    question="How often did a member of the team go to an incident to which another officer went too?",
    table="attendance",
    aggregate="count",
    windows=(365,),
    subject="unit",
    subject_key="posting.unit_id",
    when=col.incident.opened_at,
    joined=Related(table="posting", pairs=((col.officer_id, col.officer_id),)),
    where=(col.posting.started_on <= day(col.incident.opened_at))
    & (col.posting.ended_on.is_null() | (col.posting.ended_on >= day(col.incident.opened_at))),
    having=(
        Related(
            table="attendance",
            pairs=((col.incident_id, col.incident_id),),
            match=col.other.officer_id != col.officer_id,
        ),
    ),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="Two members at one incident are two.",
            window=365,
            expected=2,
            rows={"attendance": ({"incident_id": 3}, {"incident_id": 3, "officer_id": 2}), **_OPENED, **_POSTED},
        ),
        Case(
            says="Alone at an incident, there is nobody to be named with.",
            window=365,
            expected=0,
            rows={"attendance": ({"incident_id": 3},), **_OPENED, **_POSTED},
        ),
        Case(
            says="A member who had left by then counts no more.",
            window=365,
            expected=1,
            rows={
                "attendance": ({"incident_id": 3}, {"incident_id": 3, "officer_id": 2}),
                "posting": (
                    {"started_on": "2020-01-01"},
                    {"officer_id": 2, "started_on": "2020-01-01", "ended_on": "2025-03-31"},
                ),
                **_OPENED,
            },
        ),
    ),
)
