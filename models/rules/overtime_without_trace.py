"""Operational overtime that nobody else booked, though the badge shows that the officer had left."""

from __future__ import annotations

from datetime import date

from features.expression import col, day, minutes_between, minutes_later
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_BEGAN = minutes_later(col.ends_at, col.overtime_minutes * -1)
_STAYED_UNTIL = minutes_later(col.ends_at, col.policy.grace_minutes * -1)

_TOUR = {
    "place": "field",
    "starts_at": "2026-05-02 08:00",
    "ends_at": "2026-05-02 20:00",
    "overtime_minutes": 120,
    "overtime_reason": "operational",
}
_LEFT = {"entered_at": "2026-05-02 07:50", "left_at": "2026-05-02 18:10"}
_ROWS: CaseRows = {
    "shift": (_TOUR,),
    "site_entry": (_LEFT,),
    "system_access": ({"officer_id": 2, "system": "crime", "accessed_at": "2026-05-01 10:00"},),
    "attendance": ({"incident_id": 1, "officer_id": 2},),
    "incident": ({"opened_at": "2026-05-01 10:00"},),
    "roster_edit": ({"shift_id": 9, "officer_id": 2, "editor_id": 3, "minutes_gained": 30},),
}

RULE = Rule(
    question="On which tours with operational overtime that nobody else booked had the officer left early?",
    concern="standards",
    standard="honesty_and_integrity",
    policy="overtime_claims",
    table="shift",
    where=(col.overtime_reason == "operational")
    & (col.overtime_minutes >= col.policy.least_minutes)
    & (col.overtime_minutes < minutes_between(col.starts_at, col.ends_at)),
    day=day(col.starts_at),
    borne_out_by=(
        Counterpart(
            table="site_entry",
            pairs=((day(col.starts_at), day(col.entered_at)),),
            match=col.other.left_at.is_null() | (col.other.left_at >= _STAYED_UNTIL),
            alive="paired",
        ),
        Counterpart(
            table="system_access",
            pairs=((day(col.ends_at), day(col.accessed_at)),),
            match=(col.other.accessed_at >= _BEGAN) & (col.other.accessed_at <= col.ends_at),
        ),
        Counterpart(
            table="attendance",
            pairs=((day(col.ends_at), day(col.incident.opened_at)),),
            match=(col.other.incident.opened_at >= minutes_later(_BEGAN, -60))
            & (col.other.incident.opened_at <= col.ends_at),
        ),
        Counterpart(
            table="roster_edit",
            only=(col.editor_id != col.officer_id) & (col.minutes_gained > 0),
            pairs=((col.shift_id, col.shift_id),),
        ),
    ),
    contradicted_by=Counterpart(
        table="site_entry",
        pairs=((day(col.starts_at), day(col.entered_at)),),
        match=(col.other.left_at > col.starts_at) & (col.other.left_at < _STAYED_UNTIL),
        alive="paired",
    ),
    guard="a tour without an entry of the officer's own, or with one whose exit is missing, is not judged against them",
    window=365,
    blind_to=(
        "work elsewhere after leaving the building that left no trace in a system and no incident",
        "overtime that colleagues book for each other",
        "overtime ordered by management, such as backfill and aid",
    ),
    references=("Casey review (2023), p. 192, on overtime practices.",),
    cases=(
        RuleCase(
            says="Two hours of overtime; the badge shows an exit as they began: contradicted.",
            rows=_ROWS,
            expected=(1,),
            against=(1,),
        ),
        RuleCase(
            says="The exit is as late as the overtime says: borne out.",
            rows=_ROWS | {"site_entry": (_LEFT | {"left_at": "2026-05-02 20:05"},)},
            expected=(),
        ),
        RuleCase(
            says="A look-up in the second hour of overtime bears it out, wherever it was made.",
            rows=_ROWS | {"system_access": ({"system": "crime", "accessed_at": "2026-05-02 19:10"},)},
            expected=(),
        ),
        RuleCase(
            says="The supervisor booked it: borne out.",
            rows=_ROWS | {"roster_edit": ({"shift_id": 1, "editor_id": 3, "minutes_gained": 120},)},
            expected=(),
        ),
        RuleCase(
            says="No entry at that tour: nothing can be said.",
            rows=_ROWS | {"site_entry": ({"officer_id": 2, "entered_at": "2026-05-02 07:50"},)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: two such tours in a year: ordinary where others have as many.",
            rows=_ROWS
            | {
                "shift": (_TOUR, _TOUR | {"starts_at": "2026-05-04 08:00", "ends_at": "2026-05-04 20:00"}),
                "site_entry": (_LEFT, {"entered_at": "2026-05-04 07:50", "left_at": "2026-05-04 18:10"}),
            },
            expected=(1, 2),
            against=(1, 2),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the tour is not judged.",
            rows=_ROWS
            | {
                "shift": (_TOUR | {"starts_at": "2022-12-30 08:00", "ends_at": "2022-12-30 20:00"},),
                "site_entry": ({"entered_at": "2022-12-30 07:50", "left_at": "2022-12-30 18:10"},),
            },
            expected=(),
            as_of=date(2023, 2, 1),
        ),
    ),
)
