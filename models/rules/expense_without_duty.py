"""Expenses for a day on which the officer had no tour."""

from __future__ import annotations

from datetime import date

from features.expression import col, day, days_later
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_CLAIM = {"kind": "travel", "amount_pence": 1800, "incurred_on": "2026-05-03"}
_SOMEBODY = {"officer_id": 2, "starts_at": "2026-05-03 08:00"}
_TOUR = {"starts_at": "2026-05-03 08:00", "ends_at": "2026-05-03 18:00"}
_AROUND = ({"starts_at": "2026-04-27 08:00"}, {"starts_at": "2026-05-10 08:00"})
_ROWS: CaseRows = {
    "expense": (_CLAIM,),
    "shift": (_SOMEBODY, *_AROUND),
    "site_entry": ({"officer_id": 2, "entered_at": "2026-05-03 07:50"},),
}

RULE = Rule(
    question="Which expenses were incurred on a day on which the officer had no tour, nor one the day before or after?",
    concern="standards",
    standard="honesty_and_integrity",
    policy="expense_claims",
    table="expense",
    where=col.amount_pence > 0,
    day=col.incurred_on,
    borne_out_by=(
        Counterpart(
            table="shift",
            pairs=((col.incurred_on, day(col.starts_at)),),
            alive="day",
            day=day(col.starts_at),
            around_days=14,
        ),
        Counterpart(table="shift", pairs=((col.incurred_on, day(col.ends_at)),)),
        Counterpart(table="shift", pairs=((col.incurred_on, days_later(col.starts_at, 1)),)),
        Counterpart(table="shift", pairs=((days_later(col.incurred_on, 1), day(col.starts_at)),)),
        Counterpart(table="site_entry", pairs=((col.incurred_on, day(col.entered_at)),)),
    ),
    guard="a day on which the roster holds nobody's tour is not judged, nor one in whose fortnight before or after the"
    " roster has tours of the officer's own on fewer than half of the days of claims; neighbouring days bear a"
    " claim out as well",
    window=365,
    blind_to=(
        "travel and accommodation long before or after a tour",
        "a day written down wrongly",
        "expenses that are padded, or not incurred, on days of duty",
    ),
    references=("Theft and fraud are among the national corruption categories.",),
    cases=(
        RuleCase(says="A week from any tour: contradicted.", rows=_ROWS, expected=(1,)),
        RuleCase(
            says="A tour on the day: borne out.",
            rows=_ROWS | {"shift": (_SOMEBODY, _TOUR)},
            expected=(),
        ),
        RuleCase(
            says="The day before a tour: borne out.",
            rows=_ROWS | {"shift": (_SOMEBODY, {"starts_at": "2026-05-04 08:00"})},
            expected=(),
        ),
        RuleCase(
            says="No tour of anybody on that day: the roster is missing, nothing can be said.",
            rows=_ROWS | {"shift": _AROUND},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="No tour of the officer's own in the fortnight before: lent to a unit with another roster, perhaps.",
            rows=_ROWS | {"shift": (_SOMEBODY, _AROUND[1])},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: two such claims: ordinary where others have as many.",
            rows=_ROWS | {"expense": (_CLAIM, _CLAIM)},
            expected=(1, 2),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the claim is not judged.",
            rows=_ROWS
            | {
                "expense": (_CLAIM | {"incurred_on": "2014-12-03"},),
                "shift": (_SOMEBODY | {"starts_at": "2014-12-03 08:00"},),
            },
            expected=(),
            as_of=date(2015, 2, 1),
        ),
    ),
)
