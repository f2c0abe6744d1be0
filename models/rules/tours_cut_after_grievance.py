"""Tours cut by the person whom a grievance was about, of the person who raised it."""

from __future__ import annotations

from datetime import date

from features.expression import col, day, days_later
from models.contradictions.rule import CaseRows, Counterpart, Rule, RuleCase

_CUT = {"shift_id": 1, "officer_id": 2, "editor_id": 1, "field": "duty", "minutes_gained": -60}
_CUT |= {"edited_at": "2026-05-02 12:00"}
_GRIEVANCE = {"raised_by_id": 2, "about_officer_id": 1, "kind": "bullying", "raised_on": "2026-03-01"}
_ROWS: CaseRows = {"roster_edit": (_CUT,), "grievance": (_GRIEVANCE,)}
_RECENT = (col.other.raised_on <= day(col.edited_at)) & (
    col.other.raised_on >= days_later(col.edited_at, col.policy.protected_days * -1)
)

RULE = Rule(
    question="Which officers cut the tours of somebody who had raised a grievance about them?",
    concern="culture",
    standard=None,
    policy="grievance_protection",
    table="roster_edit",
    where=(col.editor_id != col.officer_id) & (col.minutes_gained <= col.policy.most_minutes),
    day=day(col.edited_at),
    among=(
        Counterpart(table="grievance", pairs=((col.editor_id, col.about_officer_id),), match=_RECENT, whose="anybody"),
    ),
    guarded_by=(
        Counterpart(
            table="grievance",
            pairs=((col.editor_id, col.about_officer_id),),
            match=_RECENT & (col.other.raised_by_id > 0),
            whose="anybody",
        ),
    ),
    contradicted_by=Counterpart(
        table="grievance",
        pairs=((col.officer_id, col.raised_by_id), (col.editor_id, col.about_officer_id)),
        match=_RECENT,
        whose="anybody",
    ),
    subject_key="editor_id",
    guard="only cuts by somebody about whom a grievance was raised in the protected days are claims, so that each is"
    " set beside others in the same place; where none of the grievances bears a name nothing is judged",
    window=365,
    blind_to=(
        "cuts that the person who raised the grievance had asked for",
        "cuts ordered from above, for a whole team",
        "grievances raised without a name, and other ways of getting back at somebody",
    ),
    references=("Casey review (2023): complaints turned back on those who made them.",),
    cases=(
        RuleCase(
            says="Cut two months after the grievance, by the person it is about: contradicted by the grievance.",
            rows=_ROWS,
            expected=(1,),
            against=(1,),
        ),
        RuleCase(
            says="The grievance came after the cut: no claim of this kind.",
            rows=_ROWS | {"grievance": (_GRIEVANCE | {"raised_on": "2026-05-10"},)},
            expected=(),
        ),
        RuleCase(
            says="Cut of a colleague of the person who raised the grievance: borne out.",
            rows=_ROWS | {"roster_edit": (_CUT | {"officer_id": 3},)},
            expected=(),
        ),
        RuleCase(
            says="A grievance about somebody else: no claim of this kind.",
            rows=_ROWS | {"grievance": (_GRIEVANCE | {"about_officer_id": 3},)},
            expected=(),
        ),
        RuleCase(
            says="A grievance without a name: nothing can be said.",
            rows=_ROWS | {"grievance": (_GRIEVANCE | {"raised_by_id": None},)},
            expected=(),
            cannot_say=(1,),
        ),
        RuleCase(
            says="A look-alike: a supervisor who goes on making the roster cuts a tour now and then.",
            rows=_ROWS | {"roster_edit": (_CUT,) * 4},
            expected=(1, 2, 3, 4),
            against=(1, 1, 1, 1),
            shows="look_alike",
        ),
        RuleCase(
            says="Before the policy was in force the cut is not judged.",
            rows=_ROWS
            | {
                "roster_edit": (_CUT | {"edited_at": "2010-09-20 12:00"},),
                "grievance": (_GRIEVANCE | {"raised_on": "2010-09-01"},),
            },
            expected=(),
            as_of=date(2010, 12, 1),
        ),
    ),
)
