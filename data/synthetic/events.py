"""Things that happen in several patterns: a spell of sickness, longer tours, a complaint, a grievance, a search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.arrays import Array
from data.synthetic.figures import figures
from data.synthetic.layers.complaints import adjudicated
from data.synthetic.layers.encounters import subjects, video_on
from data.synthetic.layers.rota import EXTRA_TOUR_MINUTES, EXTRA_TOUR_START
from data.synthetic.priors import priors
from data.synthetic.rows import MINUTES, NO_TIME, Rows, code, codes
from data.synthetic.streams import chance, pick
from data.synthetic.subject_records import SubjectRecords


def away(
    records: SubjectRecords,
    first: int,
    last: int,
    *,
    kind: str,
    psychological: bool | None = None,
    person: int | None = None,
) -> None:
    """Put somebody away between two days, both inclusive, and take out what they would have done on duty."""
    who = records.person if person is None else person
    first, last = max(first, records.joined_by(who)), min(last, records.left_by(who))
    if first > last:
        return
    records.put_away(who, first, last, kind=code("absence", "kind", kind), psychological=psychological)


def lengthen(records: SubjectRecords, tours: Rows, minutes: Array, *, reason: str) -> None:
    """Make tours longer, as paid overtime."""
    records.alter(
        tours,
        ends_at=tours["ends_at"] + minutes,
        overtime_minutes=tours["overtime_minutes"] + minutes,
        overtime_reason=code("shift", "overtime_reason", reason),
    )


def edit(
    records: SubjectRecords, tours: Rows, *, editor: Array | int, at: Array, field: str, minutes: Array | int
) -> None:
    """Record an edit of each tour."""
    records.add(
        "roster_edit",
        shift_id=tours["shift_id"],
        officer_id=tours["officer_id"],
        editor_id=editor,
        edited_at=at,
        field=code("roster_edit", "field", field),
        minutes_gained=minutes,
    )


def edit_of(
    records: SubjectRecords, shift_ids: Array, *, editor: int, at: Array, field: str, minutes: Array | int
) -> None:
    """Record an edit of tours that the pattern itself added."""
    records.add(
        "roster_edit",
        shift_id=shift_ids,
        officer_id=records.person,
        editor_id=editor,
        edited_at=at,
        field=code("roster_edit", "field", field),
        minutes_gained=minutes,
    )


def complain_about(
    records: SubjectRecords,
    people: Array,
    days: Array,
    *,
    shares: dict[str, float],
    case: Array | None = None,
    complainant: Array | int = -1,
    internal: bool = False,
    outcome: str | None = None,
) -> None:
    """Add an allegation against each person, arising on each day; `case` groups rows (one case each by default).

    How and when cases end follows the adjudication layer, or all end with `outcome`.
    """
    count = len(days)
    if not count:
        return
    group = np.arange(count) if case is None else case
    received = (days + records.draw.gamma(0.7, 25.0, count).astype(np.int64))[np.unique(group, return_index=True)[1]]
    finalised, ended = adjudicated(records.cell, records.draw, received, chance(records.draw, 0.35, len(received)))
    if outcome is not None:
        ended = np.where(ended >= 0, code("complaint", "outcome", outcome), -1)
    records.add(
        "complaint",
        complaint_id=records.new_ids("complaint/case", len(received))[group],
        officer_id=people,
        complainant_id=complainant,
        category=_picked(records, "complaint", "category", shares, count),
        source=code("complaint", "source", "internal" if internal else "public"),
        occurred_on=days,
        received_on=np.maximum(received[group], days),
        outcome=ended[group],
        finalised_on=np.where(finalised[group] == NO_TIME, NO_TIME, np.maximum(finalised[group], days + 1)),
    )


def _picked(records: SubjectRecords, table: str, column: str, shares: dict[str, float], count: int) -> Array:
    selection: Array = codes(table, column, shares)[pick(records.draw, count, tuple(shares.values()))]
    return selection


def raised(records: SubjectRecords, days: Array) -> Array:
    """Return the days on which somebody raises a grievance over what happens: less readily where few raise any at all.

    A team whose pattern is that it raises grievances is not asked.
    """
    name = "matters/grievances"
    readily = min(1.0, records.cell.world.draw(name) / priors()[name].median)
    return days[chance(records.draw, readily, len(days))]


def overtime_level(records: SubjectRecords) -> float:
    """Return how freely overtime is given next to the published figure, at most 1: look-alikes work as much of it."""
    name = "overtime_hours"
    return min(1.0, records.cell.world.figure(name) / figures()[name].value)


def grieve(
    records: SubjectRecords,
    days: Array,
    *,
    raised_by: Array | int,
    about: Array | int,
    kinds: Sequence[str],
    upheld: float = 0.3,
) -> None:
    """Add grievances in the subject's team."""
    outcome = np.where(chance(records.draw, upheld, len(days)), 0, 1)
    records.add(
        "grievance",
        unit_id=records.unit_id,
        raised_by_id=raised_by,
        about_officer_id=about,
        kind=records.draw.choice(codes("grievance", "kind", kinds), len(days)),
        raised_on=days,
        outcome=np.where(days > records.cell.force.end - 120, -1, outcome),
    )


def ask_to_move(
    records: SubjectRecords, days: Array, *, people: Array | int, reasons: Sequence[str] = ("team",)
) -> None:
    """Add requests to leave the subject's team."""
    records.add(
        "transfer_request",
        officer_id=people,
        from_unit_id=records.unit_id,
        reason=records.draw.choice(codes("transfer_request", "reason", reasons), len(days)),
        requested_on=days,
    )


def search(
    records: SubjectRecords, count: int, *, found: float, ethnicity: Array | None = None, grounds: Sequence[float]
) -> None:
    """Add stops and searches on the subject's tours."""
    tour = on_tours(records, count)
    structure, stints = records.cell.force.structure, records.cell.force.stints
    borough = structure.area_unit[structure.team_area[stints.team[records.subject.post]]]
    if borough not in structure.borough_units:
        borough = structure.borough_units[int(records.draw.integers(0, len(structure.borough_units)))]
    anybody = subjects(records.draw, len(tour), records.cell.world)
    groups = anybody if ethnicity is None else ethnicity[: len(tour)]
    records.add(
        "stop_search",
        officer_id=tour["officer_id"],
        unit_id=borough,
        searched_at=within(records, tour),
        subject_ethnicity=groups,
        grounds=pick(records.draw, len(tour), grounds),
        found=chance(records.draw, found, len(tour)),
        video=chance(records.draw, video_on(records.cell.world), len(tour)),
    )


def look_up(
    records: SubjectRecords,
    tour: Rows,
    at: Array,
    *,
    people: Array | int,
    systems: Sequence[str],
    incident: Array | int = -1,
) -> None:
    """Add looks at systems by the subject."""
    records.add(
        "system_access",
        officer_id=tour["officer_id"],
        system=records.draw.choice(codes("system_access", "system", systems), len(tour)),
        accessed_at=at,
        subject_id=people,
        incident_id=incident,
    )


def look_at(records: SubjectRecords, at: Array, *, people: Array, systems: Sequence[str]) -> None:
    """Add looks at systems by the subject at given minutes, without an incident."""
    records.add(
        "system_access",
        officer_id=records.person,
        system=records.draw.choice(codes("system_access", "system", systems), len(at)),
        accessed_at=at,
        subject_id=people,
    )


def on_tours(records: SubjectRecords, count: int) -> Rows:
    """Return `count` of the subject's tours, in order, some of them more than once; none if there are none."""
    tours = records.rows("shift")
    if not len(tours):
        return tours
    return tours.take(np.sort(records.draw.integers(0, len(tours), count)))


def within(records: SubjectRecords, tours: Rows) -> Array:
    """Return a minute within each tour."""
    span = tours["ends_at"] - tours["starts_at"]
    minute: Array = tours["starts_at"] + (records.draw.random(len(tours)) * span).astype(np.int64)
    return minute


def as_rostered(days: Array) -> tuple[Array, Array]:
    """Return the starts and lengths of tours on some days off as rosters have them, so that they tell nothing."""
    return days * MINUTES + EXTRA_TOUR_START, np.full(len(days), EXTRA_TOUR_MINUTES)


def after(records: SubjectRecords, tours: Rows, *, days: float) -> Array:
    """Return a minute after the end of each tour, on average some days later."""
    return tours["ends_at"] + 30 + records.draw.exponential(days * 1440, len(tours)).astype(np.int64)


def before(records: SubjectRecords, tours: Rows, *, days: float) -> Array:
    """Return a minute before the start of each tour, on average some days earlier."""
    return tours["starts_at"] - 60 - records.draw.exponential(days * 1440, len(tours)).astype(np.int64)


def quarters(records: SubjectRecords, count: int, low: int, high: int) -> Array:
    """Return minutes in quarters of an hour, between `low` and `high` quarters inclusive."""
    minutes: Array = 15 * records.draw.integers(low, high + 1, count)
    return minutes
