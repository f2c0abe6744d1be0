"""Claims without a receipt just under the amount from which one is asked for, one after another."""

from __future__ import annotations

from datetime import date

from features.expression import col, days_later
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_CLAIM = {"kind": "subsistence", "amount_pence": 2430, "receipt": False, "incurred_on": "2026-05-02"}
_NEXT = {"kind": "travel", "amount_pence": 2380, "receipt": False, "incurred_on": "2026-05-20"}
_ROWS: CaseRows = {"expense": (_CLAIM, _NEXT)}

RULE = Rule(
    question="Which claims without a receipt lie just under the limit, within weeks after another such claim?",
    concern="standards",
    standard="honesty_and_integrity",
    policy="expense_claims",
    table="expense",
    where=(col.receipt == False)  # noqa: E712 - an expression, not a comparison of truth values
    & (col.amount_pence >= col.policy.near_pence)
    & (col.amount_pence < col.policy.limit_pence),
    day=col.incurred_on,
    # By an earlier one alone: were two claims to speak against each other, one coincidence would count as two days.
    contradicted_by=Counterpart(
        table="expense",
        only=col.receipt == False,  # noqa: E712
        match=(col.other.amount_pence >= col.policy.near_pence)
        & (col.other.amount_pence < col.policy.limit_pence)
        & (col.other.incurred_on < col.incurred_on)
        & (col.other.incurred_on >= days_later(col.incurred_on, col.policy.apart_days * -1)),
        alive="paired",
    ),
    guard="nothing is judged where it is the officer's only claim without a receipt; the same day twice may be a copy",
    window=365,
    blind_to=(
        "receipts that were lost or not scanned in",
        "prices that happen to lie there, such as a usual fare",
        "padding with receipts, or well under the limit",
    ),
    references=("Theft and fraud are among the national corruption categories.",),
    cases=(
        RuleCase(
            says="Two such claims within weeks: one coincidence, and the later claim is contradicted by the earlier.",
            rows=_ROWS,
            expected=(2,),
            against=(1,),
        ),
        RuleCase(
            says="With a receipt it claims nothing, and speaks against no other.",
            rows={"expense": (_CLAIM | {"receipt": True}, _NEXT)},
            expected=(),
            cannot_say=(2,),
        ),
        RuleCase(
            says="The other claim without a receipt is a small one: nothing speaks against it.",
            rows={"expense": (_CLAIM, _NEXT | {"amount_pence": 640})},
            expected=(),
        ),
        RuleCase(
            says="The only claim without a receipt: nothing can be said.",
            rows={"expense": (_CLAIM,)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: two or three such claims in a year: ordinary where others have as many.",
            rows={"expense": (_CLAIM, _NEXT, _NEXT | {"incurred_on": "2026-05-25"})},
            expected=(2, 3),
            against=(1, 1),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the claims are not judged.",
            rows={"expense": (_CLAIM | {"incurred_on": "2014-12-02"}, _NEXT | {"incurred_on": "2014-12-20"})},
            expected=(),
            as_of=date(2015, 2, 1),
        ),
    ),
)
