"""Spells of sickness, squared, times days: what many attendance policies act upon."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="What is the officer's Bradford score?",
    table="absence",
    aggregate="formula",
    windows=(365,),
    value=col.sickness_spells * col.sickness_spells * col.sickness_days,
    exposure=NoExposure("attendance policies act upon the score as it stands; it serves no concern here"),
    references=(
        "Bradford factor: spells x spells x days in 52 weeks.",
        "A case before an employment tribunal turned on a score above 700 (1602463/2024).",
        "It weighs many short spells heavily, and so falls on long-term conditions (Equality Act 2010, s. 15, 20).",
    ),
    cases=(
        Case(
            says="Three spells of one day: 3 x 3 x 3.",
            window=365,
            expected=27,
            rows={
                "absence": tuple(
                    {"kind": "sickness", "started_on": f"2025-{m:02}-10", "ended_on": f"2025-{m:02}-10"}
                    for m in (3, 6, 9)
                )
            },
        ),
        Case(
            says="The same three days in one spell: 1 x 1 x 3.",
            window=365,
            expected=3,
            rows={"absence": ({"kind": "sickness", "started_on": "2025-03-10", "ended_on": "2025-03-12"},)},
        ),
        Case(
            says="A spell that began before the window gives days and no spell.",
            window=365,
            expected=0,
            rows={"absence": ({"kind": "sickness", "started_on": "2024-12-20", "ended_on": "2025-01-10"},)},
        ),
        Case(
            says="Injury on duty is not scored.",
            window=365,
            expected=0,
            rows={"absence": ({"kind": "injury_on_duty", "started_on": "2025-03-10", "ended_on": "2025-05-12"},)},
        ),
    ),
)
