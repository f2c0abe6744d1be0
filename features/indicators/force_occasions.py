"""Occasions on which force of any kind was used: the opportunity for force that injures, or with video off."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="On how many occasions did the officer report using force of any kind?",
    table="use_of_force",
    aggregate="count",
    windows=(90, 365, 1825),
    independent=(col.incident_id,),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="Handcuffs and a baton at one incident are one occasion; a report without an incident is its own.",
            window=365,
            expected=2,
            rows={
                "use_of_force": (
                    {"incident_id": 7, "tactic": "handcuffs", "used_at": "2025-12-01 22:00"},
                    {"incident_id": 7, "tactic": "baton", "used_at": "2025-12-01 22:01"},
                    {"incident_id": None, "tactic": "unarmed", "used_at": "2025-12-02 10:00"},
                )
            },
        ),
        Case(
            says="A colleague's report of the same incident does not count.",
            window=365,
            expected=0,
            rows={"use_of_force": ({"officer_id": 2, "incident_id": 7, "used_at": "2025-12-01 22:00"},)},
        ),
        Case(says="None reported, none counted.", window=365, expected=0, rows={"use_of_force": ()}),
    ),
)
