"""How often an officer fell psychologically sick."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many spells of psychological sickness began?",
    table="absence",
    aggregate="distinct",
    value=col.started_on,
    where=(col.kind == "sickness") & col.psychological,
    exposure="days_served",
    minimum_exposure=30,
    concerns=("welfare",),
    references=("78,859 officer-days lost to mental ill health in London, 2021/22.",),
    cases=(
        Case(
            says="Three short spells are three, one long spell is one.",
            window=90,
            expected=4,
            rows={
                "absence": (
                    *(
                        {
                            "kind": "sickness",
                            "psychological": True,
                            "started_on": f"2025-11-{d}",
                            "ended_on": f"2025-11-{d}",
                        }
                        for d in (10, 17, 24)
                    ),
                    {"kind": "sickness", "psychological": True, "started_on": "2025-12-01"},
                )
            },
        ),
        Case(
            says="Other sickness, or of unknown kind, does not count.",
            window=90,
            expected=0,
            rows={
                "absence": (
                    {"kind": "sickness", "psychological": False, "started_on": "2025-12-01"},
                    {"kind": "sickness", "psychological": None, "started_on": "2025-12-02"},
                )
            },
        ),
        Case(
            says="A spell that began before the window does not count again.",
            window=90,
            expected=0,
            rows={"absence": ({"kind": "sickness", "psychological": True, "started_on": "2025-09-01"},)},
        ),
        Case(
            says="A spell entered twice is one.",
            window=90,
            expected=1,
            rows={
                "absence": (
                    {"kind": "sickness", "psychological": True, "started_on": "2025-12-01", "ended_on": "2025-12-05"},
                )
                * 2
            },
        ),
    ),
)
