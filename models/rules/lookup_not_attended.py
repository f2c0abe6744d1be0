"""Look-ups for an incident that the officer had no part in."""

from __future__ import annotations

from datetime import date

from features.expression import col, day
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_LOOK = {"system": "crime", "subject_id": 77, "incident_id": 5, "accessed_at": "2026-05-02 15:00"}
_INCIDENTS = (
    {"incident_id": 5, "opened_at": "2026-05-01 10:00"},
    {"incident_id": 6, "opened_at": "2026-05-02 11:00"},
)
_ON_RESPONSE = {"role": "response", "started_on": "2020-01-01"}
_BUSY = {"incident_id": 6, "officer_id": 1}
_ROWS: CaseRows = {
    "system_access": (_LOOK,),
    "incident": _INCIDENTS,
    "attendance": (_BUSY,),
    "posting": (_ON_RESPONSE,),
}

RULE = Rule(
    question="Which look-ups state an incident that the officer did not attend, though their work is attending?",
    concern="standards",
    standard="confidentiality",
    policy="system_use",
    table="system_access",
    where=(col.incident_id > 0)
    & (col.subject_id > 0)
    & col.system.is_in("crime", "intelligence", "custody", "national"),
    day=day(col.accessed_at),
    among=(
        Counterpart(
            table="posting",
            only=col.role.is_in("response", "neighbourhood", "public_order", "firearms", "roads"),
            match=(col.other.started_on <= day(col.accessed_at))
            & (col.other.ended_on.is_null() | (col.other.ended_on >= day(col.accessed_at))),
        ),
    ),
    borne_out_by=(
        Counterpart(
            table="attendance",
            pairs=((col.incident_id, col.incident_id),),
            alive="own_day",
            day=day(col.incident.opened_at),
        ),
    ),
    guard="only days on which an attendance of the officer's is on record are judged: on others it may be missing",
    window=365,
    blind_to=(
        "investigators, custody and intelligence, who look at incidents that others attended",
        "a colleague's incident looked at for a good reason",
        "a reason that was made up out of an incident attended",
    ),
    references=("1,514 allegations of disclosure under Schedule 3 in England and Wales, 2024/25.",),
    cases=(
        RuleCase(
            says="At work that day, but not at the incident stated: contradicted.",
            rows=_ROWS | {"posting": (_ON_RESPONSE,)},
            expected=(1,),
        ),
        RuleCase(
            says="At the incident stated: borne out.",
            rows=_ROWS | {"attendance": (_BUSY, {"incident_id": 5, "officer_id": 1})},
            expected=(),
        ),
        RuleCase(
            says="A detective on that day: no claim of this kind.",
            rows=_ROWS | {"posting": (_ON_RESPONSE | {"role": "detective"},)},
            expected=(),
        ),
        RuleCase(
            says="No attendance at all on that day: attendance may not have been recorded, nothing can be said.",
            rows=_ROWS | {"attendance": (), "posting": (_ON_RESPONSE,)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: a few looks at colleagues' incidents: ordinary where others have as many.",
            rows=_ROWS | {"system_access": (_LOOK,) * 5, "posting": (_ON_RESPONSE,)},
            expected=(1, 2, 3, 4, 5),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the look is not judged.",
            rows=_ROWS
            | {
                "system_access": (_LOOK | {"accessed_at": "2018-05-20 15:00"},),
                "incident": (
                    {"incident_id": 5, "opened_at": "2018-05-01 10:00"},
                    {"incident_id": 6, "opened_at": "2018-05-20 11:00"},
                ),
                "posting": (_ON_RESPONSE | {"started_on": "2015-01-01"},),
            },
            expected=(),
            as_of=date(2018, 7, 1),
        ),
    ),
)
