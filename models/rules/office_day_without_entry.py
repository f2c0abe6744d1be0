"""Office days that no badge entry bears out."""

from __future__ import annotations

from datetime import date

from features.expression import col, day, minutes_later
from models.contradictions.rule import Counterpart, Rule, RuleCase

_SHIFT = {"place": "office", "starts_at": "2026-05-02 09:00", "ends_at": "2026-05-02 17:00"}
_SOMEBODY = {"officer_id": 2, "entered_at": "2026-05-02 08:00"}
_AROUND = ({"entered_at": "2026-04-30 08:55"}, {"entered_at": "2026-05-05 08:55"})
_THREE_WEEKS = (4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22)

RULE = Rule(
    question="On which days recorded as worked in the office did the officer not badge into any police site?",
    concern="standards",
    standard="honesty_and_integrity",
    policy="office_attendance",
    table="shift",
    where=(col.place == "office") & ~col.duty.is_in("training", "on_call", "court"),
    day=day(col.starts_at),
    borne_out_by=(
        Counterpart(
            table="site_entry",
            pairs=((day(col.starts_at), day(col.entered_at)),),
            match=(col.other.entered_at >= minutes_later(col.starts_at, col.policy.early_minutes * -1))
            & (col.other.entered_at <= minutes_later(col.ends_at, col.policy.late_minutes)),
            alive="day",
            day=day(col.entered_at),
            around_days=14,
        ),
    ),
    guard="not judged: a day on which the readers took in nobody, or in whose fortnight before or after there are"
    " entries on fewer than half of the office days, when the badge may have been broken",
    window=365,
    blind_to=(
        "entries behind a colleague through an open door and badges that failed: single days prove nothing",
        "sites without badge readers",
        "a badge reader that failed at one site while others worked",
    ),
    references=("42 senior officers were assessed for breaking an 80% in-office norm in the closed tool's first run.",),
    cases=(
        RuleCase(
            says="No entry on the day, though the readers worked for others: contradicted.",
            rows={"shift": (_SHIFT,), "site_entry": (_SOMEBODY, *_AROUND)},
            expected=(1,),
        ),
        RuleCase(
            says="An entry in the morning bears the day out.",
            rows={"shift": (_SHIFT,), "site_entry": (_SOMEBODY, *_AROUND, {"entered_at": "2026-05-02 08:55"})},
            expected=(),
        ),
        RuleCase(
            says="An entry long after the shift does not.",
            rows={"shift": (_SHIFT,), "site_entry": (_SOMEBODY, *_AROUND, {"entered_at": "2026-05-02 20:00"})},
            expected=(1,),
        ),
        RuleCase(
            says="Nobody badged in anywhere that day: the readers may have failed, nothing can be said.",
            rows={"shift": (_SHIFT,), "site_entry": ({"officer_id": 2, "entered_at": "2026-05-03 08:00"}, *_AROUND)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="No entry of their own in the fortnight before either: the badge may be broken, nothing can be said.",
            rows={"shift": (_SHIFT,), "site_entry": (_SOMEBODY, _AROUND[1])},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: a badge that works on two of fifteen office days; of the others nothing can be said.",
            rows={
                "shift": tuple(
                    _SHIFT | {"starts_at": f"2026-05-{n:02} 09:00", "ends_at": f"2026-05-{n:02} 17:00"}
                    for n in _THREE_WEEKS
                ),
                "site_entry": (
                    *_AROUND,
                    {"entered_at": "2026-05-13 08:55"},
                    *({"officer_id": 2, "entered_at": f"2026-05-{n:02} 08:00"} for n in _THREE_WEEKS),
                ),
            },
            expected=(),
            cannot_say=(1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15),
            shows="look_alike",
        ),
        RuleCase(
            says="A day recorded as worked at home claims no entry.",
            rows={"shift": (_SHIFT | {"place": "home"},), "site_entry": (_SOMEBODY,)},
            expected=(),
        ),
        RuleCase(
            says="Before the policy was in force the day is not judged.",
            rows={
                "shift": (_SHIFT | {"starts_at": "2022-12-30 09:00", "ends_at": "2022-12-30 17:00"},),
                "site_entry": ({"officer_id": 2, "entered_at": "2022-12-30 08:00"},),
            },
            expected=(),
            as_of=date(2023, 2, 1),
        ),
    ),
)
