"""How often an officer fell sick."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many spells of sickness began?",
    table="absence",
    aggregate="distinct",
    value=col.started_on,
    where=col.kind == "sickness",
    exposure="days_served",
    minimum_exposure=30,
    references=("Half of London's officers had no sick day in a year; the rest 14 on average (2006).",),
    cases=(
        Case(
            says="Spells are counted, not days.",
            window=90,
            expected=2,
            rows={
                "absence": (
                    {"kind": "sickness", "started_on": "2025-11-01", "ended_on": "2025-11-20"},
                    {"kind": "sickness", "started_on": "2025-12-20"},
                )
            },
        ),
        Case(
            says="Leave, injury on duty and maternity are not sickness.",
            window=90,
            expected=0,
            rows={
                "absence": (
                    {"kind": "annual_leave", "started_on": "2025-11-01"},
                    {"kind": "injury_on_duty", "started_on": "2025-11-02"},
                    {"kind": "maternity", "started_on": "2025-11-03"},
                )
            },
        ),
        Case(
            says="A spell that began before the window does not count again.",
            window=90,
            expected=0,
            rows={"absence": ({"kind": "sickness", "started_on": "2025-09-01"},)},
        ),
        Case(
            says="A spell entered twice is one.",
            window=90,
            expected=1,
            rows={"absence": ({"kind": "sickness", "started_on": "2025-12-01", "ended_on": "2025-12-05"},) * 2},
        ),
    ),
)
