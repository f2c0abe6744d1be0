"""Interests on outside registers of a kind that the officer has never declared."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator
from features.relation import Related

_SURE = 0.8
"""How sure the matching must be that an entry is about the officer: an assumption."""

INDICATOR = Indicator(
    question="How many of the interests on outside registers are of a kind that the officer has not declared?",
    table="external_register",
    aggregate="count",
    windows=(365, 1825),
    when=col.known_on,
    where=col.match_score >= _SURE,
    without=(Related(table="declaration", pairs=((col.officer_id, col.officer_id), (col.kind, col.kind))),),
    exposure="register_entries",
    proportion=True,
    references=("Whether it had to be declared on the day is asked by a rule, under the policy in force.",),
    cases=(
        Case(
            says="A company on a register and no company declared.",
            window=365,
            expected=1,
            rows={
                "external_register": (
                    {"kind": "company", "match_score": 0.95, "valid_from": "2025-01-01", "known_on": "2025-06-01"},
                ),
                "declaration": ({"kind": "property", "valid_from": "2025-01-01", "declared_on": "2025-02-01"},),
            },
        ),
        Case(
            says="Declared at any time before the as-of date, late or not, it does not count.",
            window=365,
            expected=0,
            rows={
                "external_register": (
                    {"kind": "company", "match_score": 0.95, "valid_from": "2025-01-01", "known_on": "2025-06-01"},
                ),
                "declaration": (
                    {
                        "kind": "company",
                        "valid_from": "2025-01-01",
                        "declared_on": "2025-12-20",
                        "known_on": "2025-12-21",
                    },
                ),
            },
        ),
        Case(
            says="A declaration that is not known yet does not help yet.",
            window=365,
            expected=1,
            rows={
                "external_register": (
                    {"kind": "company", "match_score": 0.95, "valid_from": "2025-01-01", "known_on": "2025-06-01"},
                ),
                "declaration": (
                    {
                        "kind": "company",
                        "valid_from": "2025-01-01",
                        "declared_on": "2025-12-31",
                        "known_on": "2026-01-01",
                    },
                ),
            },
        ),
        Case(
            says="A colleague's declaration does not help.",
            window=365,
            expected=1,
            rows={
                "external_register": (
                    {"kind": "company", "match_score": 0.95, "valid_from": "2025-01-01", "known_on": "2025-06-01"},
                ),
                "declaration": (
                    {"officer_id": 2, "kind": "company", "valid_from": "2025-01-01", "declared_on": "2025-02-01"},
                ),
            },
        ),
        Case(
            says="An entry that may well be about a namesake does not count.",
            window=365,
            expected=0,
            rows={
                "external_register": (
                    {"kind": "company", "match_score": 0.55, "valid_from": "2025-01-01", "known_on": "2025-06-01"},
                ),
                "declaration": (),
            },
        ),
    ),
)
