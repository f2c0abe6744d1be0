"""How often an officer was away other than on annual leave."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many spells of absence other than annual leave began?",
    table="absence",
    aggregate="distinct",
    value=col.started_on,
    where=col.kind != "annual_leave",
    exposure="days_served",
    minimum_exposure=30,
    references=(
        "Maternity, care, faith and injury on duty are among the reasons: a count of spells means nothing by itself.",
    ),
    cases=(
        Case(
            says="Spells of every kind but annual leave count.",
            window=90,
            expected=3,
            rows={
                "absence": (
                    {"kind": "sickness", "started_on": "2025-11-01"},
                    {"kind": "carer", "started_on": "2025-11-20"},
                    {"kind": "union_duty", "started_on": "2025-12-01"},
                    {"kind": "annual_leave", "started_on": "2025-12-10"},
                )
            },
        ),
        Case(
            says="A spell that began before the window does not count again.",
            window=90,
            expected=0,
            rows={"absence": ({"kind": "maternity", "started_on": "2025-06-01"},)},
        ),
        Case(says="None begun, none counted.", window=90, expected=0, rows={"absence": ()}),
        Case(
            says="A spell entered twice is one.",
            window=90,
            expected=1,
            rows={"absence": ({"kind": "paternity", "started_on": "2025-12-01", "ended_on": "2025-12-05"},) * 2},
        ),
    ),
)
