"""Use of force where no tours are recorded: how often, for the days served."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many occasions did the officer report force beyond compliant handcuffing, for the days served?",
    table="use_of_force",
    aggregate="count",
    where=(col.tactic != "compliant_handcuffs") | col.tactic.is_null(),
    independent=(col.incident_id,),
    exposure="days_served",
    minimum_exposure=30,
    windows=(90, 365, 1825),
    unless=("shift",),
    concerns=("standards",),
    standard="use_of_force",
    references=("Public releases of uses of force hold neither tours nor incidents attended.",),
    cases=(
        Case(
            says="A report whose tactic is not recorded counts; compliant handcuffing does not.",
            window=90,
            expected=2,
            rows={
                "use_of_force": (
                    {"tactic": None, "used_at": "2025-12-01 22:00"},
                    {"tactic": "baton", "used_at": "2025-12-02 22:00"},
                    {"tactic": "compliant_handcuffs", "used_at": "2025-12-03 22:00"},
                )
            },
        ),
        Case(
            says="A report from before the window does not count.",
            window=90,
            expected=0,
            rows={"use_of_force": ({"tactic": "taser", "used_at": "2025-06-01 22:00"},)},
        ),
        Case(says="No report, no force.", window=365, expected=0, rows={"use_of_force": ()}),
    ),
)
