"""The same person looked up on several days, off duty and for no incident."""

from __future__ import annotations

from datetime import date

from features.expression import col, day
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase
from models.rules.lookup_off_duty import ON_DUTY

_LOOK = {"system": "crime", "subject_id": 77, "accessed_at": "2026-05-02 23:30"}
_AGAIN = {"system": "national", "subject_id": 77, "accessed_at": "2026-05-09 23:30"}
_SOMEBODY = {"officer_id": 2, "starts_at": "2026-05-02 08:00", "ends_at": "2026-05-02 18:00"}
_NEXT_WEEK = {"officer_id": 2, "starts_at": "2026-05-09 08:00", "ends_at": "2026-05-09 18:00"}
_AROUND = tuple({"starts_at": f"2026-{day} 08:00"} for day in ("04-30", "05-05", "05-12"))
_ROWS: CaseRows = {
    "system_access": (_LOOK, _AGAIN),
    "shift": (_SOMEBODY, _NEXT_WEEK, *_AROUND),
    "site_entry": ({"officer_id": 2, "entered_at": "2026-05-02 07:50"},),
}

RULE = Rule(
    question="Whom did officers look up off duty and for no incident, having looked them up for no incident before?",
    concern="standards",
    standard="confidentiality",
    policy="system_use",
    table="system_access",
    where=col.incident_id.is_null()
    & (col.subject_id > 0)
    & col.system.is_in("crime", "intelligence", "custody", "national"),
    day=day(col.accessed_at),
    among=(
        Counterpart(
            table="system_access",
            only=col.incident_id.is_null(),
            pairs=((col.subject_id, col.subject_id),),
            match=day(col.other.accessed_at) != day(col.accessed_at),
        ),
    ),
    borne_out_by=ON_DUTY,
    guard="a day on which the roster holds nobody's tour is not judged, nor one in whose fortnight before or after the"
    " roster has tours of the officer's own on fewer than half of the days of claims; a terminal left open shows"
    " other people's work",
    window=365,
    blind_to=(
        "a person of whom each officer of a team was to keep an eye, without an incident",
        "looks at many different people, each once",
        "whose hands were on the keyboard",
    ),
    references=("Abuse of position for a sexual purpose begins with looking one person up again and again.",),
    cases=(
        RuleCase(
            says="One person on two evenings off duty: neither look is borne out by a tour.",
            rows=_ROWS,
            expected=(1, 2),
        ),
        RuleCase(
            says="The second look was on duty: it is borne out, but it still makes the first a repeated one.",
            rows=_ROWS
            | {"shift": (_SOMEBODY, *_AROUND, _NEXT_WEEK | {"officer_id": 1, "ends_at": "2026-05-09 23:50"})},
            expected=(1,),
        ),
        RuleCase(
            says="Both on duty: borne out.",
            rows=_ROWS
            | {
                "shift": (
                    _SOMEBODY | {"officer_id": 1, "ends_at": "2026-05-02 23:50"},
                    _NEXT_WEEK | {"officer_id": 1, "ends_at": "2026-05-09 23:50"},
                )
            },
            expected=(),
        ),
        RuleCase(
            says="Two different people off duty, each once: no claim of this kind.",
            rows=_ROWS | {"system_access": (_LOOK, _AGAIN | {"subject_id": 78})},
            expected=(),
        ),
        RuleCase(
            says="No tour of anybody on these days: the roster is missing, nothing can be said.",
            rows=_ROWS | {"shift": ()},
            expected=(),
            cannot_say=(1, 2),
        ),
        RuleCase(
            says="A look-alike: one person on two evenings: ordinary where others have as many.",
            rows=_ROWS,
            expected=(1, 2),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the looks are not judged.",
            rows=_ROWS
            | {
                "system_access": (
                    _LOOK | {"accessed_at": "2018-05-12 23:30"},
                    _AGAIN | {"accessed_at": "2018-05-20 23:30"},
                ),
                "shift": (_SOMEBODY | {"starts_at": "2018-05-20 08:00", "ends_at": "2018-05-20 18:00"},),
            },
            expected=(),
            as_of=date(2018, 7, 1),
        ),
    ),
)
