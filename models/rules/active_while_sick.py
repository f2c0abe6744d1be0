"""Tours worked in the middle of a certified spell of sickness. Reads health data: takes part only when named."""

from __future__ import annotations

from datetime import date

from features.expression import col, day, days_later
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_TOUR = {"starts_at": "2026-04-06 09:00", "ends_at": "2026-04-06 15:00", "overtime_minutes": 360}
_SICK = {"kind": "sickness", "certified": True, "started_on": "2026-04-01", "ended_on": "2026-04-24"}
_ROWS: CaseRows = {"shift": (_TOUR,), "absence": (_SICK,)}


def within_a_spell(*kinds: str, certified: bool) -> Counterpart:
    """Return the spells of absence that a tour lies well inside of, neither at their start nor near their end."""
    only = col.kind.is_in(*kinds)
    return Counterpart(
        table="absence",
        only=only & (col.certified == True) if certified else only,  # noqa: E712 - an expression
        match=(days_later(col.other.started_on, col.policy.settled_days) <= day(col.starts_at))
        & (days_later(col.starts_at, col.policy.late_end_days) <= col.other.ended_on),
        once=True,
    )


RULE = Rule(
    question="Which tours were worked in the middle of a certified spell of sickness?",
    concern="standards",
    standard="honesty_and_integrity",
    policy="absence_from_duty",
    table="shift",
    where=col.duty != "on_call",
    day=day(col.starts_at),
    contradicted_by=within_a_spell("sickness", certified=True),
    guard="the last nine days of a spell are left out, since its end is often recorded late; so is one that lasts",
    window=365,
    blind_to=(
        "a return by agreement, in stages or to other duties, that was not recorded",
        "short spells, and the end of long ones",
        "work for somebody else",
    ),
    references=("Reported match of sickness and absence against work in the closed tool's first run.",),
    opt_in=True,
    cases=(
        RuleCase(
            says="A paid tour in the first week of three: contradicted by the spell.",
            rows=_ROWS,
            expected=(1,),
            against=(1,),
        ),
        RuleCase(
            says="A tour after the spell: borne out.",
            rows=_ROWS | {"shift": (_TOUR | {"starts_at": "2026-04-27 09:00", "ends_at": "2026-04-27 15:00"},)},
            expected=(),
        ),
        RuleCase(
            says="Back at work a week before the recorded end: the end was recorded late.",
            rows=_ROWS | {"shift": (_TOUR | {"starts_at": "2026-04-18 09:00", "ends_at": "2026-04-18 15:00"},)},
            expected=(),
        ),
        RuleCase(
            says="No certified sickness is on record at all: nothing can be said.",
            rows=_ROWS | {"absence": ()},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: one day tried out and given up: ordinary where others have as many.",
            rows=_ROWS,
            expected=(1,),
            against=(1,),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the tour is not judged.",
            rows=_ROWS
            | {
                "shift": (_TOUR | {"starts_at": "2019-12-06 09:00", "ends_at": "2019-12-06 15:00"},),
                "absence": (_SICK | {"started_on": "2019-12-01", "ended_on": "2019-12-24"},),
            },
            expected=(),
            as_of=date(2020, 2, 1),
        ),
    ),
)
