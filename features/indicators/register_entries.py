"""What outside registers say of the officer: the opportunity for what was not declared."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator, NoExposure

_SURE = 0.8
"""How sure the matching must be that an entry is about the officer: an assumption."""

INDICATOR = Indicator(
    question="How many interests of the officer came to light on outside registers?",
    table="external_register",
    aggregate="count",
    windows=(365, 1825),
    when=col.known_on,
    where=col.match_score >= _SURE,
    exposure=NoExposure("it is itself an exposure: the opportunity that others are measured against"),
    cases=(
        Case(
            says="The day on which it came to light places it, however old the interest.",
            window=365,
            expected=1,
            rows={
                "external_register": (
                    {"kind": "property", "match_score": 0.95, "valid_from": "2010-01-01", "known_on": "2025-06-01"},
                )
            },
        ),
        Case(
            says="An entry that may well be about a namesake does not count.",
            window=365,
            expected=0,
            rows={
                "external_register": (
                    {"kind": "property", "match_score": 0.55, "valid_from": "2010-01-01", "known_on": "2025-06-01"},
                )
            },
        ),
        Case(says="None found, none counted.", window=365, expected=0, rows={"external_register": ()}),
    ),
)
