"""Interests on an outside register that were never declared."""

from __future__ import annotations

from datetime import date

from features.expression import col, days_later, later_of
from models.contradictions.rule import Counterpart, Rule, RuleCase

_COMPANY = {"kind": "company", "valid_from": "2025-01-01", "match_score": 0.97}
_SOMEBODY = {"officer_id": 2, "kind": "property", "valid_from": "2020-01-01", "declared_on": "2020-01-01"}
_DUE = days_later(later_of(col.valid_from, col.policy.since), col.policy.days_of_grace)

RULE = Rule(
    question="Which interests on an outside register had no declaration standing when one was due?",
    concern="standards",
    standard="honesty_and_integrity",
    policy="declared_interests",
    table="external_register",
    where=(col.match_score >= col.policy.minimum_match) & (col.valid_to.is_null() | (col.valid_to >= _DUE)),
    day=_DUE,
    borne_out_by=(
        Counterpart(
            table="declaration",
            pairs=((col.kind, col.kind),),
            match=col.other.valid_to.is_null() | (col.other.valid_to >= _DUE),
        ),
    ),
    guard="nothing is judged where the records hold no declaration at all; a match that is not sure claims nothing",
    window=3650,
    blind_to=(
        "a register entry matched to the wrong person with great certainty",
        "an interest declared under another kind",
        "an interest that ended within the days of grace",
    ),
    references=("13% of London's officers had a declared business interest in 2021, property the commonest.",),
    cases=(
        RuleCase(
            says="On the register, due, and never declared: contradicted.",
            rows={"external_register": (_COMPANY,), "declaration": (_SOMEBODY,)},
            expected=(1,),
        ),
        RuleCase(
            says="A declaration of the same kind bears it out.",
            rows={
                "external_register": (_COMPANY,),
                "declaration": (_SOMEBODY, {"kind": "company", "valid_from": "2025-01-01"}),
            },
            expected=(),
        ),
        RuleCase(
            says="A declaration that ended before the day it was due does not.",
            rows={
                "external_register": (_COMPANY,),
                "declaration": (
                    _SOMEBODY,
                    {"kind": "company", "valid_from": "2020-01-01", "valid_to": "2024-12-31"},
                ),
            },
            expected=(1,),
        ),
        RuleCase(
            says="A look-alike: a namesake's company, matched but not surely enough, claims nothing.",
            rows={"external_register": (_COMPANY | {"match_score": 0.88},), "declaration": (_SOMEBODY,)},
            expected=(),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy asks for it, membership claims nothing: from December 2025, with 56 days of grace.",
            rows={"external_register": (_COMPANY | {"kind": "membership"},), "declaration": (_SOMEBODY,)},
            expected=(),
            as_of=date(2026, 1, 15),
        ),
        RuleCase(
            says="Without any declaration in the records nothing can be said.",
            rows={"external_register": (_COMPANY,), "declaration": ()},
            expected=(),
            cannot_say=(1,),
        ),
    ),
)
