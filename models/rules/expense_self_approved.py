"""Expenses that the claimant approved, though there was a supervisor to do it."""

from __future__ import annotations

from datetime import date

from features.expression import col
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_CLAIM = {"approver_id": 1, "amount_pence": 1800, "incurred_on": "2026-05-03"}
_POSTING = {"supervisor_id": 3, "started_on": "2025-01-01"}
_ROWS: CaseRows = {"expense": (_CLAIM,), "posting": (_POSTING,)}

RULE = Rule(
    question="Which expenses did officers approve for themselves, though their posting names a supervisor?",
    concern="standards",
    standard="orders_and_instructions",
    policy="expense_claims",
    table="expense",
    where=col.approver_id > 0,
    day=col.incurred_on,
    contradicted_by=Counterpart(
        table="posting",
        match=(col.approver_id == col.officer_id)
        & (col.other.supervisor_id != col.officer_id)
        & (col.other.started_on <= col.incurred_on)
        & (col.other.ended_on.is_null() | (col.other.ended_on >= col.incurred_on)),
        alive="paired",
    ),
    guard="nothing is judged for an officer without any posting on record",
    window=365,
    blind_to=(
        "two officers who approve each other's claims",
        "approval in somebody else's name",
        "claims for which no approver was recorded",
    ),
    references=("That nobody approves a claim of their own is usual practice; an assumption.",),
    cases=(
        RuleCase(
            says="Approved by the claimant, who has a supervisor: contradicted by the posting.",
            rows=_ROWS,
            expected=(1,),
            against=(1,),
        ),
        RuleCase(
            says="Approved by somebody else: borne out.",
            rows=_ROWS | {"expense": (_CLAIM | {"approver_id": 3},)},
            expected=(),
        ),
        RuleCase(
            says="The posting names no supervisor: nothing speaks against it.",
            rows=_ROWS | {"posting": (_POSTING | {"supervisor_id": None},)},
            expected=(),
        ),
        RuleCase(
            says="No posting on record: nothing can be said.",
            rows=_ROWS | {"posting": ()},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: one claim passed on in error: ordinary where others have as many.",
            rows=_ROWS,
            expected=(1,),
            against=(1,),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the claim is not judged.",
            rows={
                "expense": (_CLAIM | {"incurred_on": "2014-12-03"},),
                "posting": (_POSTING | {"started_on": "2010-01-01"},),
            },
            expected=(),
            as_of=date(2015, 2, 1),
        ),
    ),
)
