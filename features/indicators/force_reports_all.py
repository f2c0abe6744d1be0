"""All reports of using force: the opportunity for force that injures."""

from __future__ import annotations

from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How often did the officer report using force of any kind?",
    table="use_of_force",
    aggregate="count",
    windows=(90, 365, 1825),
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="Every report counts, compliant handcuffing too.",
            window=365,
            expected=2,
            rows={
                "use_of_force": (
                    {"tactic": "compliant_handcuffs", "used_at": "2025-12-01 22:00"},
                    {"tactic": "taser", "used_at": "2025-12-02 22:00"},
                )
            },
        ),
        Case(
            says="A colleague's report of the same incident does not count.",
            window=365,
            expected=0,
            rows={"use_of_force": ({"officer_id": 2, "used_at": "2025-12-01 22:00"},)},
        ),
        Case(says="None reported, none counted.", window=365, expected=0, rows={"use_of_force": ()}),
    ),
)
