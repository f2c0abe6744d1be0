"""Force reported at a time at which the officer had no tour."""

from __future__ import annotations

from datetime import date

from features.expression import col, day, minutes_later
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_MARGIN = col.policy.margin_minutes
_ON_DUTY = (minutes_later(col.other.starts_at, _MARGIN * -1) <= col.used_at) & (
    col.used_at <= minutes_later(col.other.ends_at, _MARGIN)
)

_REPORT = {"used_at": "2026-05-03 02:00", "tactic": "unarmed"}
_TOUR = {"starts_at": "2026-05-02 08:00", "ends_at": "2026-05-02 18:00"}
_SOMEBODY = {"officer_id": 2, "starts_at": "2026-05-03 08:00", "ends_at": "2026-05-03 18:00"}
_NIGHT = {"starts_at": "2026-05-02 22:00", "ends_at": "2026-05-03 08:00"}
_AFTER = {"starts_at": "2026-05-10 08:00", "ends_at": "2026-05-10 18:00"}
_ROWS: CaseRows = {
    "use_of_force": (_REPORT,),
    "shift": (_TOUR, _SOMEBODY, _AFTER),
    "attendance": ({"incident_id": 1, "officer_id": 2},),
}

RULE = Rule(
    question="Which uses of force do officers report for times at which they had no tour and attended no incident?",
    concern="standards",
    standard="use_of_force",
    policy="force_reporting",
    table="use_of_force",
    where=col.severity >= 1,
    day=day(col.used_at),
    borne_out_by=(
        Counterpart(
            table="shift",
            pairs=((day(col.used_at), day(col.starts_at)),),
            match=_ON_DUTY,
            alive="day",
            day=day(col.starts_at),
            around_days=14,
        ),
        Counterpart(table="shift", pairs=((day(col.used_at), day(col.ends_at)),), match=_ON_DUTY),
        Counterpart(table="attendance", pairs=((col.incident_id, col.incident_id),)),
    ),
    guard="a day on which the roster holds nobody's tour is not judged, nor one in whose fortnight before or after the"
    " roster has tours of the officer's own on fewer than half of the days of claims",
    window=365,
    blind_to=(
        "a report put down to the wrong officer: one in a thousand is",
        "a time written down wrongly by hours",
        "force used off duty in an emergency",
    ),
    references=("Home Office: one report an officer and subject, since April 2017.",),
    cases=(
        RuleCase(says="Reported for the night after a day tour: contradicted.", rows=_ROWS, expected=(1,)),
        RuleCase(
            says="On a night tour that began the day before: borne out.",
            rows=_ROWS | {"shift": (_NIGHT, _SOMEBODY)},
            expected=(),
        ),
        RuleCase(
            says="No tour, but at the incident: borne out.",
            rows=_ROWS
            | {
                "use_of_force": (_REPORT | {"incident_id": 4},),
                "attendance": ({"incident_id": 4, "officer_id": 1},),
            },
            expected=(),
        ),
        RuleCase(
            says="No tour of anybody on that day: the roster is missing, nothing can be said.",
            rows=_ROWS | {"shift": (_TOUR, _AFTER)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="No tour of their own in the fortnight after: lent to a unit with another roster, perhaps.",
            rows=_ROWS | {"shift": (_TOUR, _SOMEBODY)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: two such reports, put down to the wrong officer: ordinary where others have as many.",
            rows=_ROWS | {"use_of_force": (_REPORT, _REPORT)},
            expected=(1, 2),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the report is not judged.",
            rows=_ROWS
            | {
                "use_of_force": (_REPORT | {"used_at": "2017-03-20 02:00"},),
                "shift": (_SOMEBODY | {"starts_at": "2017-03-20 08:00", "ends_at": "2017-03-20 18:00"},),
            },
            expected=(),
            as_of=date(2017, 5, 1),
        ),
    ),
)
