"""Interests declared."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

INDICATOR = Indicator(
    question="How many interests did the officer declare?",
    table="declaration",
    aggregate="count",
    windows=(365, 1825),
    when=col.declared_on,
    exposure=NoExposure(
        "declaring is what is asked for: a declaration needs no opportunity and is no sign of a concern"
    ),
    references=("13% of London's officers had a declared business interest in 2021, property the commonest.",),
    cases=(
        Case(
            says="The day of declaring places it, however old the interest.",
            window=365,
            expected=1,
            rows={
                "declaration": ({"valid_from": "2010-01-01", "declared_on": "2025-06-01", "known_on": "2025-06-02"},)
            },
        ),
        Case(
            says="A landlord who declares three properties has declared three.",
            window=365,
            expected=3,
            rows={
                "declaration": tuple(
                    {
                        "kind": "property",
                        "valid_from": "2025-01-01",
                        "declared_on": f"2025-0{m}-01",
                        "known_on": f"2025-0{m}-02",
                    }
                    for m in (2, 3, 4)
                )
            },
        ),
        Case(
            says="A declaration made before the window does not count.",
            window=365,
            expected=0,
            rows={
                "declaration": ({"valid_from": "2020-01-01", "declared_on": "2020-02-01", "known_on": "2020-02-02"},)
            },
        ),
    ),
)
