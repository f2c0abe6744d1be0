"""Reports of force, by team."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator
from features.relation import Related

INDICATOR = Indicator(
    question="On how many occasions did members of the team report force beyond compliant handcuffing?",
    table="use_of_force",
    aggregate="count",
    where=col.tactic != "compliant_handcuffs",
    subject="unit",
    subject_key="posting.unit_id",
    windows=(365,),
    joined=Related(
        table="posting",
        pairs=((col.officer_id, col.officer_id),),
        match=(col.other.started_on <= day(col.used_at))
        & (col.other.ended_on.is_null() | (col.other.ended_on >= day(col.used_at))),
    ),
    independent=(col.incident_id,),
    exposure="member_days",
    minimum_exposure=90,
    references=("A hard area makes for force: teams are compared within their area.",),
    cases=(
        Case(
            says="Reports of all members add up.",
            window=365,
            expected=2,
            rows={
                "use_of_force": (
                    {"tactic": "unarmed", "used_at": "2025-06-01 22:00"},
                    {"officer_id": 2, "tactic": "baton", "used_at": "2025-06-02 22:00"},
                ),
                "posting": (
                    {"officer_id": 1, "started_on": "2020-01-01"},
                    {"officer_id": 2, "started_on": "2020-01-01"},
                ),
            },
        ),
        Case(
            says="Compliant handcuffing does not count.",
            window=365,
            expected=0,
            rows={
                "use_of_force": ({"tactic": "compliant_handcuffs", "used_at": "2025-06-01 22:00"},),
                "posting": (
                    {"officer_id": 1, "started_on": "2020-01-01"},
                    {"officer_id": 2, "started_on": "2020-01-01"},
                ),
            },
        ),
        Case(
            says="Force before a member came does not count for the team.",
            window=365,
            expected=0,
            rows={
                "use_of_force": ({"tactic": "unarmed", "used_at": "2025-06-01 22:00"},),
                "posting": ({"started_on": "2025-06-02"},),
            },
        ),
    ),
)
