"""Force reported at an incident that the officer is not recorded as having attended."""

from __future__ import annotations

from datetime import date

from features.expression import col, day
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_REPORT = {"incident_id": 4, "used_at": "2026-05-02 12:00", "tactic": "unarmed"}
_ELSEWHERE = {"incident_id": 5, "officer_id": 1}
_OTHERS = {"incident_id": 4, "officer_id": 2}
_ROWS: CaseRows = {"use_of_force": (_REPORT,), "attendance": (_ELSEWHERE, _OTHERS)}

RULE = Rule(
    question="Which uses of force are reported at an incident that others, but not the officer, are recorded at?",
    concern="standards",
    standard="use_of_force",
    policy="force_reporting",
    table="use_of_force",
    where=col.incident_id > 0,
    day=day(col.used_at),
    borne_out_by=(Counterpart(table="attendance", pairs=((col.incident_id, col.incident_id),)),),
    contradicted_by=Counterpart(
        table="attendance", pairs=((col.incident_id, col.incident_id),), whose="others", alive="paired"
    ),
    guard="an incident at which nobody is recorded is not judged",
    window=365,
    blind_to=(
        "a report put down to the wrong officer: one in a thousand is",
        "officers who came late and were never added to the incident",
    ),
    references=("Home Office: one report an officer and subject, since April 2017.",),
    cases=(
        RuleCase(
            says="Others are recorded at the incident, the officer is not: contradicted by their attendance.",
            rows=_ROWS,
            expected=(1,),
            against=(2,),
        ),
        RuleCase(
            says="The officer attended: borne out.",
            rows=_ROWS | {"attendance": (_ELSEWHERE, _OTHERS, _OTHERS | {"officer_id": 1})},
            expected=(),
        ),
        RuleCase(
            says="Nobody is recorded at the incident: nothing can be said.",
            rows=_ROWS | {"attendance": (_ELSEWHERE,)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: two reports put down to the wrong officer: ordinary where others have as many.",
            rows=_ROWS | {"use_of_force": (_REPORT, _REPORT)},
            expected=(1, 2),
            against=(2, 2),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the report is not judged.",
            rows=_ROWS | {"use_of_force": (_REPORT | {"used_at": "2017-03-20 12:00"},)},
            expected=(),
            as_of=date(2017, 5, 1),
        ),
    ),
)
