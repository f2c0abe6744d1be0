"""Indicators that no folder holds: every way in which a row's answer can come and go, for tests of the laws."""

from __future__ import annotations

from typing import Final

from features.expression import Expression, col, day, days_later, hour, minutes_later, or_else
from features.indicator import Aggregate, Indicator, NoExposure
from features.relation import Related

WINDOWS: Final = (30, 90)
_NONE: Final = NoExposure("a test")

_IN_POST = Related(
    table="posting",
    pairs=((col.officer_id, col.officer_id),),
    match=(col.other.started_on <= col.received_on)
    & (col.other.ended_on.is_null() | (col.other.ended_on >= col.received_on)),
)
_ON_SHIFT = Related(
    table="shift",
    pairs=((col.officer_id, col.officer_id), (day(col.accessed_at), day(col.starts_at))),
    match=(col.other.starts_at <= col.accessed_at) & (col.other.ends_at >= col.accessed_at),
)
_ON_SHIFT_BEGUN_EARLIER = Related(
    table="shift",
    pairs=((col.officer_id, col.officer_id),),
    either=(
        ((day(col.accessed_at), day(col.starts_at)),),
        ((days_later(col.accessed_at, -1), day(col.starts_at)),),
        ((day(col.accessed_at), day(col.ends_at)),),
    ),
    match=(col.other.starts_at <= col.accessed_at) & (col.other.ends_at >= col.accessed_at),
)
_EARLIER_SHIFT = Related(
    table="shift",
    pairs=((col.officer_id, col.officer_id),),
    match=(col.other.ends_at < col.starts_at) & (col.other.ends_at > minutes_later(col.starts_at, -660)),
)
_EITHER_EARLIER_SHIFT = Related(
    table="shift",
    pairs=(),
    either=(
        ((col.officer_id, col.officer_id), (day(col.starts_at), day(col.ends_at))),
        ((col.officer_id, col.officer_id), (days_later(col.starts_at, -1), day(col.ends_at))),
    ),
    match=(col.other.ends_at < col.starts_at) & (col.other.ends_at > minutes_later(col.starts_at, -660)),
)
_SAME_INCIDENT = Related(
    table="use_of_force",
    pairs=((col.incident_id, col.incident_id),),
    match=col.other.officer_id != col.officer_id,
)
_SAME_CASE = Related(
    table="complaint",
    pairs=((col.complaint_id, col.complaint_id),),
    match=col.other.officer_id != col.officer_id,
)


def _make(
    name: str,
    table: str,
    aggregate: Aggregate,
    *,
    where: Expression | None = None,
    value: Expression | None = None,
    when: Expression | None = None,
    having: tuple[Related, ...] = (),
    without: tuple[Related, ...] = (),
    joined: Related | None = None,
    independent: tuple[Expression | tuple[Expression, ...], ...] = (),
) -> Indicator:
    return Indicator(
        name=name,
        question=f"A test of {name}?",
        table=table,
        aggregate=aggregate,
        exposure=_NONE,
        windows=WINDOWS,
        where=where,
        value=value,
        when=when,
        having=having,
        without=without,
        joined=joined,
        independent=independent,
    )


def _team(
    name: str,
    aggregate: Aggregate,
    *,
    value: Expression | None = None,
    independent: tuple[Expression | tuple[Expression, ...], ...] = (),
) -> Indicator:
    return Indicator(
        name=name,
        question=f"A test of {name}?",
        table="complaint",
        aggregate=aggregate,
        value=value,
        where=col.finalised_on.is_null() | (col.outcome == "learning"),
        joined=_IN_POST,
        subject="unit",
        subject_key="posting.unit_id",
        exposure=_NONE,
        windows=WINDOWS,
        independent=independent,
    )


HARD: Final = {
    "what is learnt later": [
        _make("open_now", "complaint", "count", where=col.outcome.is_null()),
        _make("closed_well", "complaint", "count", where=col.outcome == "learning"),
        _make("either_way", "complaint", "count", where=~(col.outcome == "no_action") | (col.category == "duties")),
        _make("placed_by_its_end", "complaint", "count", when=col.finalised_on),
        _make("cases_of_open", "complaint", "distinct", value=col.complaint_id, where=col.outcome.is_null()),
        _make("highest_open", "complaint", "max", value=col.complaint_id, where=col.finalised_on.is_null()),
        _make("lowest_closed", "complaint", "min", value=col.complaint_id, where=~col.finalised_on.is_null()),
        _make("sum_open", "complaint", "sum", value=col.complaint_id, where=col.outcome.is_null()),
    ],
    "spells": [
        _make("absent", "absence", "days"),
        _make("absent_still", "absence", "days", where=col.ended_on.is_null()),
        _make("absent_short", "absence", "days", where=col.ended_on <= days_later(col.started_on, 29)),
        _make("posted", "posting", "days"),
        _make("posted_by_team", "posting", "days", value=col.unit_id),
        _make("inside_sites", "site_entry", "days", where=~col.left_at.is_null()),
    ],
    "rows referred to": [
        _make("late_edits", "roster_edit", "sum", value=col.minutes_gained, where=col.edited_at > col.shift.ends_at),
        _make("gains_or_night", "roster_edit", "count", where=(col.minutes_gained > 0) | (col.shift.duty == "night")),
        _make("worst_seen", "attendance", "max", value=col.incident.severity, when=col.incident.opened_at),
        _make("kinds_seen", "attendance", "distinct", value=col.incident.kind, when=col.incident.opened_at),
        _make(
            "left_the_force",
            "posting",
            "count",
            where=col.officer.left_on == col.ended_on,
            when=col.ended_on,
        ),
    ],
    "off shift": [
        _make("off_shift", "system_access", "count", without=(_ON_SHIFT,)),
        _make("on_shift", "system_access", "count", having=(_ON_SHIFT,)),
        _make("off_any_shift", "system_access", "count", without=(_ON_SHIFT_BEGUN_EARLIER,)),
        _make("on_some_shift", "system_access", "distinct", value=col.subject_id, having=(_ON_SHIFT_BEGUN_EARLIER,)),
        _make("people_off_shift", "system_access", "distinct", value=col.subject_id, without=(_ON_SHIFT,)),
        _make(
            "twice_off_shift",
            "system_access",
            "count",
            where=hour(col.accessed_at) >= 7,
            having=(
                Related(
                    table="system_access",
                    pairs=((col.officer_id, col.officer_id), (col.subject_id, col.subject_id)),
                    match=col.other.accessed_at < col.accessed_at,
                ),
            ),
            without=(_ON_SHIFT,),
        ),
    ],
    "one's own earlier rows": [
        _make("short_rest", "shift", "count", having=(_EARLIER_SHIFT,)),
        _make("short_rest_either_way", "shift", "count", having=(_EITHER_EARLIER_SHIFT,)),
        _make("overtime_after_short_rest", "shift", "max", value=col.overtime_minutes, having=(_EARLIER_SHIFT,)),
    ],
    "other people's rows": [
        _make("shared", "complaint", "distinct", value=col.complaint_id, having=(_SAME_CASE,)),
        _make("shared_open", "complaint", "count", where=col.outcome.is_null(), having=(_SAME_CASE,)),
    ],
    "pairs of rows of one table": [
        _make(
            "harsher",
            "use_of_force",
            "count",
            joined=_SAME_INCIDENT,
            where=col.severity > col.other.severity,
        ),
        _make("named_with", "complaint", "distinct", value=col.other.officer_id, joined=_SAME_CASE),
        _make(
            "while_the_other_is_open",
            "complaint",
            "count",
            where=col.other.outcome.is_null() & ~col.outcome.is_null(),
            joined=_SAME_CASE,
            having=(_SAME_CASE,),
        ),
        _make("hardest_of_others", "use_of_force", "max", value=col.other.severity, joined=_SAME_INCIDENT),
        _make("placed_by_the_other", "complaint", "count", when=col.other.finalised_on, joined=_SAME_CASE),
    ],
    "spells of members": [
        Indicator(
            name="members_posted",
            question="A test of members_posted?",
            table="posting",
            aggregate="days",
            value=col.officer_id,
            subject="unit",
            exposure=_NONE,
            windows=WINDOWS,
        ),
    ],
    "causes": [
        _make("by_case", "complaint", "count", independent=(col.complaint_id,)),
        _make(
            "by_person_or_team",
            "complaint",
            "count",
            independent=((col.complainant_id.is_null(), or_else(col.complainant_id, col.unit_id)), col.occurred_on),
        ),
        _make(
            "by_anything",
            "complaint",
            "count",
            independent=(col.complaint_id, col.complainant_id, col.occurred_on),
        ),
        _make(
            "open_by_case_or_day",
            "complaint",
            "count",
            where=col.outcome.is_null(),
            independent=((col.complainant_id, col.category), col.occurred_on),
        ),
        _make(
            "closed_by_person",
            "complaint",
            "count",
            where=col.outcome == "learning",
            having=(_SAME_CASE,),
            independent=(col.complainant_id,),
        ),
        _make("pairs_by_case", "complaint", "count", joined=_SAME_CASE, independent=(col.complainant_id,)),
        _make("valued_by_outcome", "complaint", "distinct", value=or_else(col.outcome, col.category)),
        _make("placed_by_end_by_person", "complaint", "count", when=col.finalised_on, independent=(col.category,)),
    ],
    "causes of force and searches": [
        _make("force_by_incident", "use_of_force", "count", independent=(col.incident_id,)),
        _make("searches_by_day", "stop_search", "count", independent=((col.unit_id, day(col.searched_at)),)),
        _make("people_by_day", "system_access", "count", independent=((col.subject_id, day(col.accessed_at)),)),
        _make("off_shift_by_person", "system_access", "count", without=(_ON_SHIFT,), independent=(col.subject_id,)),
    ],
    "the team on the day": [
        _team("team_complaints", "count"),
        _team("team_cases", "distinct", value=col.complaint_id),
        _team("team_causes", "count", independent=(col.complaint_id, (col.officer_id, col.occurred_on))),
    ],
}
"""Groups of indicators, by what makes them hard."""
