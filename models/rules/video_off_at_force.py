"""Force with the camera off, at an incident at which colleagues had theirs on."""

from __future__ import annotations

from datetime import date

from features.expression import col, day
from models.contradictions.rule import Counterpart, Rule, RuleCase

_OFF = {"incident_id": 4, "used_at": "2026-05-02 12:00", "severity": 3, "video": False}
_ON = {"officer_id": 2, "incident_id": 4, "used_at": "2026-05-02 12:02", "severity": 1, "video": True}

RULE = Rule(
    question="Which uses of force were reported with the camera off, though others used force there with theirs on?",
    concern="standards",
    standard="use_of_force",
    policy="body_worn_video",
    table="use_of_force",
    where=(col.incident_id > 0) & (col.severity >= col.policy.least_severity),
    day=day(col.used_at),
    contradicted_by=Counterpart(
        table="use_of_force",
        pairs=((col.incident_id, col.incident_id),),
        match=(col.video == False) & col.other.video,  # noqa: E712 - an expression, not a comparison of truth values
        whose="others",
        alive="paired",
    ),
    guard="a report is judged only where somebody else reported force at the same incident",
    window=365,
    blind_to=(
        "cameras that failed or ran out, and units that carry none",
        "incidents at which one officer alone used force",
        "force below the severity from which the policy asks for video",
    ),
    references=("Same-scene comparison: what colleagues present did is the yardstick (Ridgeway).",),
    cases=(
        RuleCase(
            says="Off here, on with a colleague at the same incident: contradicted by the colleague's report.",
            rows={"use_of_force": (_OFF, _ON)},
            expected=(1,),
            against=(2,),
        ),
        RuleCase(
            says="On: borne out.",
            rows={"use_of_force": (_OFF | {"video": True}, _ON)},
            expected=(),
        ),
        RuleCase(
            says="Off with everybody: nothing speaks against it.",
            rows={"use_of_force": (_OFF, _ON | {"video": False})},
            expected=(),
        ),
        RuleCase(
            says="Nobody else reported force there: nothing can be said.",
            rows={"use_of_force": (_OFF, _ON | {"incident_id": 5})},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: two cameras that failed in a year: ordinary where others have as many.",
            rows={"use_of_force": (_OFF, _ON, _OFF | {"used_at": "2026-05-02 13:00"})},
            expected=(1, 3),
            against=(2, 2),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the report is not judged.",
            rows={
                "use_of_force": (
                    _OFF | {"used_at": "2016-12-20 12:00"},
                    _ON | {"used_at": "2016-12-20 12:02"},
                )
            },
            expected=(),
            as_of=date(2017, 2, 1),
        ),
    ),
)
