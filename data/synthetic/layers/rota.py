"""Layer 4b, exposure: the tours of duty. A rota per role, cut by absence, part-time work and bank holidays.

Response works two early, two late and two night tours and then four days off (published, grade B); the other rotas,
the hours and the substitutions by court, training and aid are assumptions.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic.cell_records import CellRecords, by_role
from data.synthetic.rows import MINUTES, Rows, code
from data.synthetic.streams import chance, pick

_CYCLE = 70
_FOUR_OFF = "EELLNNOOOO"
_WEEK = "DDDDDOO"
_FIVE_WEEKS = "DDDDDOO" * 3 + "LLLLLOO" + "DDDDODO"
_ROTA = {
    "response": _FOUR_OFF,
    "custody": _FOUR_OFF,
    "firearms": _FOUR_OFF,
    "roads": _FOUR_OFF,
    "neighbourhood": "EEELLLOOOO",
    "detective": _FIVE_WEEKS,
    "public_protection": _FIVE_WEEKS,
    "public_order": "DDDLLOO",
    "intelligence": _WEEK,
    "training": _WEEK,
    "headquarters": _WEEK,
}
_LETTERS = {"E": "early", "L": "late", "N": "night", "D": "day"}
_STARTS = {
    "early": 420,
    "late": 840,
    "night": 1320,
    "day": 510,
    "aid": 480,
    "court": 540,
    "training": 540,
    "on_call": 480,
}
_HOURS = {"early": 10, "late": 10, "night": 10, "day": 8.5, "aid": 11, "court": 8, "training": 8, "on_call": 8}

EXTRA_TOUR_START, EXTRA_TOUR_MINUTES = _STARTS["day"], round(_HOURS["day"] * 60)
"""When a tour on a cancelled rest day starts, in minutes of the day, and how long it lasts."""

PLACES = {
    "detective": (0.10, 0.72, 0.18),
    "public_protection": (0.12, 0.68, 0.20),
    "custody": (0.0, 1.0, 0.0),
    "intelligence": (0.0, 0.68, 0.32),
    "training": (0.05, 0.85, 0.10),
    "headquarters": (0.0, 0.60, 0.40),
}
"""Field, office and home shares of a role's tours; roles not named work in the field."""

OVERTIME_WEIGHT = {
    "response": 1.2,
    "neighbourhood": 0.7,
    "detective": 1.3,
    "public_protection": 1.1,
    "custody": 0.8,
    "public_order": 2.2,
    "firearms": 1.6,
    "roads": 1.0,
    "intelligence": 0.7,
    "training": 0.3,
    "headquarters": 0.4,
}
_OVERTIME_MEAN = 125.0
_OVERTIME_REASONS = (0.72, 0.06, 0.05, 0.17, 0.0)
_REST_DAY_SHARE = 0.2
_SUBSTITUTES = {"training": 0.018, "court": 0.010, "on_call": 0.002}

_AVAILABLE = 0.845
"""Share of rostered days on which a person is not away: what leave, sickness and other absence leave."""


@cache
def tours_a_year() -> Array:
    """Return about how many tours a full-time person of each role works a year.

    Rates a year are turned into rates a tour with it.
    """
    on = (_patterns() >= 0).mean(axis=1) * 365.25
    weekly = np.array([len(_ROTA[role]) % 7 == 0 for role in CONTRACT["posting"].column["role"].values])
    tours: Array = (on - 6 * weekly) * _AVAILABLE
    return tours


def work_shifts(cell: CellRecords) -> Rows:
    """Add the tours of duty of the cell."""
    force = cell.force
    stints = force.stints
    duty = _duty_grid(cell)
    post, day = np.nonzero(duty >= 0)
    person = stints.person[cell.posts][post]
    role = stints.role[cell.posts][post].astype(np.int64)
    kind = _substituted(cell, duty[post, day], role, day)
    rest_day = duty[post, day] >= len(CONTRACT["shift"].column["duty"].values)
    kind = np.where(rest_day, code("shift", "duty", "day"), kind)
    starts = (force.start + day) * MINUTES + _by_duty(_STARTS)[kind]
    hours = (_by_duty(_HOURS)[kind] * 60).astype(np.int64)
    overtime, reason = _overtime(cell, person, role, day, kind, rest_day, hours)
    return cell.add(
        "shift",
        officer_id=person,
        unit_id=force.structure.team_unit[stints.team[cell.posts][post]],
        duty=kind,
        place=_place(cell, person, role, kind),
        starts_at=starts,
        ends_at=starts + hours + np.where(rest_day, 0, overtime),
        overtime_minutes=overtime,
        overtime_reason=reason,
        _post=post.astype(np.int32),
        _role=role.astype(np.int8),
        _team=stints.team[cell.posts][post].astype(np.int32),
    )


def _by_duty(table: dict[str, float] | dict[str, int]) -> Array:
    return np.array([table[duty] for duty in CONTRACT["shift"].column["duty"].values])


@cache
def _patterns() -> Array:
    """Return the duty (or -1 for off) of each role on each day of the cycle."""
    table = np.full((len(_ROTA), _CYCLE), -1, dtype=np.int8)
    for row, role in enumerate(CONTRACT["posting"].column["role"].values):
        for column in range(_CYCLE):
            letter = _ROTA[role][column % len(_ROTA[role])]
            if letter in _LETTERS:
                table[row, column] = code("shift", "duty", _LETTERS[letter])
    return table


def _duty_grid(cell: CellRecords) -> Array:
    """Return the duty of every posting on every day; -1 off, and one above the list for a cancelled rest day."""
    force, stints = cell.force, cell.force.stints
    role, team = stints.role[cell.posts], stints.team[cell.posts]
    days = np.arange(force.days)
    weekly = np.isin(role, [code("posting", "role", name) for name, rota in _ROTA.items() if len(rota) % 7 == 0])
    # 1970-01-01 was a Thursday: three days on, a cycle of weeks starts on a Monday.
    phase = force.start + 3 + np.where(weekly, 7 * (team % 5), 2 * team)
    grid = _patterns()[role[:, None], (phase[:, None] + days) % _CYCLE]
    off = grid < 0
    active = (days + force.start >= stints.first[cell.posts, None]) & (
        days + force.start <= stints.last[cell.posts, None]
    )
    here = active & (cell.calendar.away[stints.person[cell.posts]] == 0)
    share = (stints.fte[cell.posts] * 10).astype(np.int64)
    part = (stints.person[cell.posts, None] * 3 + days) % 10 >= share[:, None]
    holiday = (cell.calendar.holidays == 1) & weekly[:, None]
    grid[~here | part | holiday] = -1
    cancelled = off & here & ~part & chance(cell.draw("shift/rest_day"), _rest_day_chance(cell)).reshape(off.shape)
    grid[cancelled] = len(CONTRACT["shift"].column["duty"].values)
    return grid


def _rest_day_chance(cell: CellRecords) -> Array:
    """Return the chance that a day off is worked, for every posting and day."""
    yearly = _overtime_minutes(cell) * _REST_DAY_SHARE / 480
    chance_a_day = yearly / 150.0
    drift = cell.tendencies.drift("overtime")[cell.force.stints.person[cell.posts]]
    days = cell.tendencies.month_of(np.arange(cell.force.start, cell.force.end))
    chances: Array = (chance_a_day[:, None] * drift[:, days]).astype(np.float32).ravel()
    return chances


def _overtime_minutes(cell: CellRecords) -> Array:
    """Return the expected overtime minutes a year of every posting of the cell."""
    force, stints = cell.force, cell.force.stints
    rates = cell.role_rates("overtime", cell.world.ordinary("overtime_hours") * 60, OVERTIME_WEIGHT, among="constables")
    regular = stints.rank[cell.posts] != code("posting", "rank", "staff")
    senior = stints.rank[cell.posts] > code("posting", "rank", "sergeant")
    factor = np.where(regular, np.where(senior, 0.1, 1.0), 0.3)
    minutes: Array = rates[stints.role[cell.posts]] * factor * force.latent.overtime[stints.person[cell.posts]]
    return minutes


def _substituted(cell: CellRecords, duty: Array, role: Array, day: Array) -> Array:
    """Replace some tours by training, court, on-call and aid."""
    draw = cell.draw("shift/substitutes")
    level = draw.random(len(duty), dtype=np.float32)
    kind = duty.astype(np.int64)
    edge = 0.0
    for name, share in _SUBSTITUTES.items():
        kind[(level >= edge) & (level < edge + share)] = code("shift", "duty", name)
        edge += share
    aid = by_role({"response": 0.5, "neighbourhood": 0.8, "public_order": 3.0, "roads": 0.3})[role]
    kind[level > 1 - cell.calendar.aid_days[day] * aid] = code("shift", "duty", "aid")
    return kind


def _place(cell: CellRecords, person: Array, role: Array, kind: Array) -> Array:
    """Return where each tour was worked; people differ in how many of their hybrid days they come in."""
    shares = np.array([PLACES.get(name, (1.0, 0.0, 0.0)) for name in CONTRACT["posting"].column["role"].values])
    level = cell.draw("shift/place").random(len(role), dtype=np.float32)
    field, office = shares[role, 0], shares[role, 1]
    hybrid = shares[role, 2] > 0
    own = np.clip(office * cell.force.latent.office[person] / (9.0 / 13.0), 0, 1 - field)
    office = np.where(hybrid, own, office)
    place = np.where(level < field, 0, np.where(level < field + office, 1, 2))
    outside = np.isin(kind, [code("shift", "duty", name) for name in ("aid", "court")])
    return np.where(outside, code("shift", "place", "field"), place)


def _overtime(
    cell: CellRecords, person: Array, role: Array, day: Array, kind: Array, rest_day: Array, hours: Array
) -> tuple[Array, Array]:
    """Return overtime minutes and reason; a cancelled rest day is overtime from start to end."""
    draw = cell.draw("shift/overtime")
    stints = cell.force.stints
    yearly = np.zeros(len(cell.force.people))
    yearly[stints.person[cell.posts]] = _overtime_minutes(cell)
    a_tour = yearly[person] * (1 - _REST_DAY_SHARE) / tours_a_year()[role]
    a_tour = a_tour * cell.tendencies.drift("overtime")[person, cell.tendencies.month_of(cell.force.start + day)]
    worked = chance(draw, (a_tour / _OVERTIME_MEAN).astype(np.float32))
    minutes = np.zeros(len(person), dtype=np.int64)
    length = draw.gamma(2.0, _OVERTIME_MEAN / 2, int(worked.sum()))
    minutes[worked] = 15 * np.clip(np.ceil(length / 15), 1, 40).astype(np.int64)
    minutes[rest_day] = hours[rest_day]
    reason = pick(draw, len(person), _OVERTIME_REASONS).astype(np.int64)
    for name in ("aid", "court"):
        reason[kind == code("shift", "duty", name)] = code("shift", "overtime_reason", name)
    reason[rest_day] = code("shift", "overtime_reason", "cancelled_rest_day")
    return minutes, np.where(minutes > 0, reason, -1)
