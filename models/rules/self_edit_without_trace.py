"""Pay added to one's own tour afterwards, though the badge shows that the officer had left."""

from __future__ import annotations

from datetime import date

from features.expression import col, day, minutes_later
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_ENDS = col.shift.ends_at
_GAINED_FROM = minutes_later(_ENDS, col.minutes_gained * -1)
_STAYED_UNTIL = minutes_later(_ENDS, col.policy.grace_minutes * -1)

_TOUR = {"starts_at": "2026-05-02 08:00", "ends_at": "2026-05-02 18:00"}
_EDIT = {
    "shift_id": 1,
    "editor_id": 1,
    "field": "overtime",
    "minutes_gained": 90,
    "edited_at": "2026-05-05 12:00",
}
_LEFT = {"entered_at": "2026-05-02 07:50", "left_at": "2026-05-02 16:40"}
_STAYED = {"entered_at": "2026-05-02 07:50", "left_at": "2026-05-02 18:05"}
_ELSEWHERE = {"officer_id": 2, "system": "crime", "accessed_at": "2026-05-01 10:00"}
_GONE = {"incident_id": 1, "officer_id": 2}
_ROWS: CaseRows = {
    "shift": (_TOUR,),
    "roster_edit": (_EDIT,),
    "site_entry": (_LEFT,),
    "system_access": (_ELSEWHERE,),
    "attendance": (_GONE,),
    "incident": ({"opened_at": "2026-05-01 10:00"},),
}

RULE = Rule(
    question="Which minutes that officers added to their own tours afterwards lie after they had left the building?",
    concern="standards",
    standard="honesty_and_integrity",
    policy="pay_edits",
    table="roster_edit",
    where=(col.editor_id == col.officer_id)
    & col.field.is_in("end", "overtime")
    & (col.minutes_gained >= col.policy.least_minutes)
    & (col.edited_at >= _GAINED_FROM),
    day=day(col.shift.starts_at),
    borne_out_by=(
        Counterpart(
            table="site_entry",
            pairs=((day(col.shift.starts_at), day(col.entered_at)),),
            match=col.other.left_at.is_null() | (col.other.left_at >= _STAYED_UNTIL),
            alive="paired",
        ),
        Counterpart(
            table="system_access",
            pairs=((day(_ENDS), day(col.accessed_at)),),
            match=(col.other.accessed_at >= _GAINED_FROM) & (col.other.accessed_at <= _ENDS),
        ),
        Counterpart(
            table="attendance",
            pairs=((day(_ENDS), day(col.incident.opened_at)),),
            match=(col.other.incident.opened_at >= minutes_later(_GAINED_FROM, -60))
            & (col.other.incident.opened_at <= _ENDS),
        ),
    ),
    contradicted_by=Counterpart(
        table="site_entry",
        pairs=((day(col.shift.starts_at), day(col.entered_at)),),
        match=(col.other.left_at > col.shift.starts_at) & (col.other.left_at < _STAYED_UNTIL),
        alive="paired",
    ),
    guard="a tour without an entry of the officer's own, or with one whose exit is missing, is not judged against them",
    window=365,
    blind_to=(
        "work elsewhere after leaving the building that left no trace in a system and no incident",
        "a colleague's edit in the officer's favour",
        "tours that began without a badge entry",
    ),
    references=("Roster abuse was the largest group in the closed tool's first run: 98 people assessed.",),
    cases=(
        RuleCase(
            says="Ninety minutes added three days later; the badge shows an exit before they began: contradicted.",
            rows=_ROWS,
            expected=(1,),
            against=(1,),
        ),
        RuleCase(
            says="Booked late, but the exit agrees with it: borne out.",
            rows=_ROWS | {"site_entry": (_STAYED,)},
            expected=(),
        ),
        RuleCase(
            says="Out of the building, but at an incident in the minutes gained: borne out.",
            rows=_ROWS
            | {
                "attendance": ({"incident_id": 1, "officer_id": 1},),
                "incident": ({"opened_at": "2026-05-02 16:50"},),
            },
            expected=(),
        ),
        RuleCase(
            says="No entry at that tour: nothing can be said.",
            rows=_ROWS | {"site_entry": ({"officer_id": 2, "entered_at": "2026-05-02 07:50"},)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="An edit by the supervisor is no claim of the officer's.",
            rows=_ROWS | {"roster_edit": (_EDIT | {"editor_id": 3},)},
            expected=(),
        ),
        RuleCase(
            says="A look-alike: one such edit (a badge held for somebody else): ordinary where others have as many.",
            rows=_ROWS
            | {
                "shift": (
                    _TOUR,
                    {"starts_at": "2026-05-06 08:00", "ends_at": "2026-05-06 18:00"},
                    {"starts_at": "2026-05-07 08:00", "ends_at": "2026-05-07 18:00"},
                ),
                "site_entry": (
                    _LEFT,
                    {"entered_at": "2026-05-06 07:50", "left_at": "2026-05-06 18:02"},
                    {"entered_at": "2026-05-07 07:50", "left_at": "2026-05-07 18:02"},
                ),
                "roster_edit": (
                    _EDIT,
                    _EDIT | {"shift_id": 2, "edited_at": "2026-05-09 12:00"},
                    _EDIT | {"shift_id": 3, "edited_at": "2026-05-09 12:05"},
                ),
            },
            expected=(1,),
            against=(1,),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the edit is not judged.",
            rows=_ROWS
            | {
                "shift": ({"starts_at": "2022-12-30 08:00", "ends_at": "2022-12-30 18:00"},),
                "roster_edit": (_EDIT | {"edited_at": "2023-01-03 12:00"},),
                "site_entry": ({"entered_at": "2022-12-30 07:50", "left_at": "2022-12-30 16:40"},),
            },
            expected=(),
            as_of=date(2023, 2, 1),
        ),
    ),
)
