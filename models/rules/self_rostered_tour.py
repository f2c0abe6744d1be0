"""Extra paid tours that officers rostered for themselves within days of their start."""

from __future__ import annotations

from datetime import date

from features.expression import col, day, minutes_later
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_TOUR = {"starts_at": "2026-05-04 07:00", "ends_at": "2026-05-04 15:00", "overtime_minutes": 480}
_EDIT = {
    "shift_id": 1,
    "editor_id": 1,
    "field": "duty",
    "minutes_gained": 480,
    "edited_at": "2026-05-01 12:00",
}
_PLANNER = {"shift_id": 9, "officer_id": 2, "editor_id": 3, "field": "duty", "minutes_gained": 0}
_ROWS: CaseRows = {"shift": (_TOUR,), "roster_edit": (_EDIT, _PLANNER)}

RULE = Rule(
    question="Which extra paid tours did officers roster for themselves within days, with nobody else's hand in it?",
    concern="standards",
    standard="honesty_and_integrity",
    policy="duty_changes",
    table="roster_edit",
    where=(col.editor_id == col.officer_id)
    & (col.field == "duty")
    & (col.minutes_gained >= col.policy.least_minutes)
    & (col.edited_at >= minutes_later(col.shift.starts_at, col.policy.notice_minutes * -1))
    & (col.edited_at <= col.shift.starts_at),
    day=day(col.shift.starts_at),
    borne_out_by=(
        Counterpart(
            table="roster_edit",
            only=col.editor_id != col.officer_id,
            pairs=((col.shift_id, col.shift_id),),
        ),
    ),
    guard="nothing is judged where the records hold no edit by anybody but the officers themselves",
    window=365,
    blind_to=(
        "a supervisor's word that left no trace in the roster",
        "swaps agreed in time, more than a week ahead",
        "whether the tour was worked",
    ),
    references=("Bank-holiday swaps in the closed tool's first run; Casey review (2023), p. 192.",),
    cases=(
        RuleCase(says="Eight paid hours added by oneself three days before: contradicted.", rows=_ROWS, expected=(1,)),
        RuleCase(
            says="The planner edited the same tour: borne out.",
            rows=_ROWS | {"roster_edit": (_EDIT, _PLANNER | {"shift_id": 1, "officer_id": 1})},
            expected=(),
        ),
        RuleCase(
            says="Three weeks ahead is no claim of this kind.",
            rows=_ROWS | {"roster_edit": (_EDIT | {"edited_at": "2026-04-12 12:00"}, _PLANNER)},
            expected=(),
        ),
        RuleCase(
            says="No edit by anybody else is on record anywhere: nothing can be said.",
            rows=_ROWS | {"roster_edit": (_EDIT,)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: one tour taken over at short notice: ordinary where others have as many.",
            rows=_ROWS,
            expected=(1,),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the edit is not judged.",
            rows=_ROWS
            | {
                "shift": ({"starts_at": "2022-12-26 07:00", "ends_at": "2022-12-26 15:00"},),
                "roster_edit": (_EDIT | {"edited_at": "2022-12-23 12:00"}, _PLANNER),
            },
            expected=(),
            as_of=date(2023, 2, 1),
        ),
    ),
)
