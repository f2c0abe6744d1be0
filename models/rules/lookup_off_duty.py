"""People looked up while off duty, for no incident. Two in three whom it notices share a terminal: only when named."""

from __future__ import annotations

from datetime import date

from features.expression import col, day, minutes_later
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_MARGIN = col.policy.margin_minutes
_ON_DUTY = (minutes_later(col.other.starts_at, _MARGIN * -1) <= col.accessed_at) & (
    col.accessed_at <= minutes_later(col.other.ends_at, _MARGIN)
)

_LOOK = {"system": "crime", "subject_id": 77, "accessed_at": "2026-05-02 23:30"}
_TOUR = {"starts_at": "2026-05-02 08:00", "ends_at": "2026-05-02 18:00"}
_HERE = {"entered_at": "2026-05-02 07:50", "left_at": "2026-05-02 18:05"}
_SOMEBODY = {"officer_id": 2, "starts_at": "2026-05-02 08:00", "ends_at": "2026-05-02 18:00"}
_AROUND = ({"starts_at": "2026-04-27 08:00"}, {"starts_at": "2026-05-06 08:00"})
_ROWS: CaseRows = {"system_access": (_LOOK,), "shift": (_TOUR, _SOMEBODY, *_AROUND), "site_entry": (_HERE,)}

ON_DUTY = (
    Counterpart(
        table="shift",
        pairs=((day(col.accessed_at), day(col.starts_at)),),
        match=_ON_DUTY,
        alive="day",
        day=day(col.starts_at),
        around_days=14,
    ),
    Counterpart(table="shift", pairs=((day(col.accessed_at), day(col.ends_at)),), match=_ON_DUTY),
    Counterpart(
        table="site_entry",
        pairs=((day(col.accessed_at), day(col.entered_at)),),
        match=(col.other.entered_at <= col.accessed_at)
        & (col.other.left_at.is_null() | (col.accessed_at <= col.other.left_at)),
    ),
)
"""What bears out that an officer was on duty at the time of a look-up: a tour, or being in the building."""

RULE = Rule(
    question="Which people did officers look up while off duty, without an incident to do it for?",
    concern="standards",
    standard="confidentiality",
    policy="system_use",
    table="system_access",
    where=col.incident_id.is_null()
    & (col.subject_id > 0)
    & col.system.is_in("crime", "intelligence", "custody", "national"),
    day=day(col.accessed_at),
    borne_out_by=ON_DUTY,
    guard="a day on which the roster holds nobody's tour is not judged, nor one in whose fortnight before or after the"
    " roster has tours of the officer's own on fewer than half of the days of claims",
    window=365,
    opt_in=True,
    blind_to=(
        "whose hands were on the keyboard: a terminal left open, a number used by somebody else",
        "a tour that was worked and is not on the roster yet",
        "work off duty for which no incident was stated",
    ),
    references=("237 people were disciplined for misuse of systems in two years at about half of the forces.",),
    cases=(
        RuleCase(
            says="Hours after the tour, for no incident: contradicted.",
            rows=_ROWS,
            expected=(1,),
        ),
        RuleCase(
            says="During the tour: borne out.",
            rows=_ROWS | {"system_access": (_LOOK | {"accessed_at": "2026-05-02 15:00"},)},
            expected=(),
        ),
        RuleCase(
            says="A night tour that began the day before: borne out.",
            rows=_ROWS
            | {
                "system_access": (_LOOK | {"accessed_at": "2026-05-03 03:00"},),
                "shift": (
                    _TOUR | {"starts_at": "2026-05-02 22:00", "ends_at": "2026-05-03 08:00"},
                    _SOMEBODY | {"starts_at": "2026-05-03 08:00", "ends_at": "2026-05-03 18:00"},
                ),
            },
            expected=(),
        ),
        RuleCase(
            says="A look for a stated incident claims nothing.",
            rows=_ROWS | {"system_access": (_LOOK | {"incident_id": 5},)},
            expected=(),
        ),
        RuleCase(
            says="No tour of anybody on that day: the roster is missing, nothing can be said.",
            rows=_ROWS | {"shift": ()},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="No tour of their own in the fortnight after: the roster may be silent, nothing can be said.",
            rows=_ROWS | {"shift": (_TOUR, _SOMEBODY, _AROUND[0])},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: seven looks after duty in a year: ordinary where others have as many.",
            rows=_ROWS | {"system_access": tuple(_LOOK | {"subject_id": 70 + n} for n in range(7))},
            expected=(1, 2, 3, 4, 5, 6, 7),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the look is not judged.",
            rows=_ROWS
            | {
                "system_access": (_LOOK | {"accessed_at": "2018-05-20 23:30"},),
                "shift": (_SOMEBODY | {"starts_at": "2018-05-20 08:00", "ends_at": "2018-05-20 18:00"},),
            },
            expected=(),
            as_of=date(2018, 7, 1),
        ),
    ),
)
