"""Tours worked inside leave. It has to read why somebody was away, which is health data: takes part only when named."""

from __future__ import annotations

from datetime import date

from features.expression import col, day
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_TOUR = {"starts_at": "2026-04-06 09:00", "ends_at": "2026-04-06 15:00"}
_LEAVE = {"kind": "annual_leave", "started_on": "2026-04-01", "ended_on": "2026-04-12"}
_ROWS: CaseRows = {"shift": (_TOUR,), "absence": (_LEAVE,)}

RULE = Rule(
    question="Which tours were recorded inside a spell of leave?",
    concern="standards",
    standard="honesty_and_integrity",
    policy="absence_from_duty",
    table="shift",
    where=col.duty != "on_call",
    day=day(col.starts_at),
    contradicted_by=Counterpart(
        table="absence",
        only=col.kind.is_in("annual_leave", "study", "maternity", "paternity"),
        match=(col.other.started_on < day(col.starts_at)) & (col.other.ended_on > day(col.starts_at)),
        once=True,
    ),
    guard="the first and the last day of a spell are left out, and a spell that lasts",
    window=365,
    blind_to=(
        "leave given up and not taken back in the records",
        "keeping-in-touch days",
        "work for somebody else",
    ),
    references=("Reported match of sickness and absence against work in the closed tool's first run.",),
    opt_in=True,
    cases=(
        RuleCase(
            says="A tour in the middle of a fortnight's leave: contradicted by the spell.",
            rows=_ROWS,
            expected=(1,),
            against=(1,),
        ),
        RuleCase(
            says="A tour on the last day: the leave may have ended a day early.",
            rows=_ROWS | {"shift": (_TOUR | {"starts_at": "2026-04-12 09:00", "ends_at": "2026-04-12 15:00"},)},
            expected=(),
        ),
        RuleCase(
            says="Sickness is no leave.",
            rows=_ROWS | {"absence": (_LEAVE | {"kind": "sickness"}, _LEAVE | {"officer_id": 2})},
            expected=(),
        ),
        RuleCase(
            says="No leave is on record at all: nothing can be said.",
            rows=_ROWS | {"absence": ()},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: two days given back to a short-staffed team: ordinary where others have as many.",
            rows=_ROWS | {"shift": (_TOUR, _TOUR | {"starts_at": "2026-04-07 09:00", "ends_at": "2026-04-07 15:00"})},
            expected=(1, 2),
            against=(1, 1),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the tour is not judged.",
            rows=_ROWS
            | {
                "shift": (_TOUR | {"starts_at": "2019-12-06 09:00", "ends_at": "2019-12-06 15:00"},),
                "absence": (_LEAVE | {"started_on": "2019-12-01", "ended_on": "2019-12-24"},),
            },
            expected=(),
            as_of=date(2020, 2, 1),
        ),
    ),
)
