"""Layer 4a, exposure: who is away when. Leave, sickness, injury, suspension and other spells, for the whole force.

Sickness reproduces the published shape (half of people without a day in a year, about 7% with more than 28, 9 days on
average, 47% of days psychological): a gamma-distributed number of spells a person, each short, medium or long.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.calendar import day_of
from data.synthetic.cell_records import Calendar, by_role
from data.synthetic.force import Force
from data.synthetic.rows import NO_TIME, Rows, code, joined, rows
from data.synthetic.streams import Streams, chance, pick
from data.synthetic.tendencies import DAYS_A_MONTH, Tendencies
from data.synthetic.world import World

_LEAVE_WINDOW = 73
_LEAVE_DAYS = (3, 5, 9, 12, 16)
_LEAVE_SHARE = (0.22, 0.25, 0.28, 0.13, 0.12)

SPELLS_A_YEAR = 0.9
"""Ordinary sickness spells a person and year; with the gamma shape drawn between people about half have none."""

_SPELL_SHARE = (0.8, 0.155, 0.045)
_SPELL_MEAN = (3.2, 12.8, 95.0)
"""Share and mean days of short, medium and long spells. Long ones are few and last: spells that stay open, because
somebody comes back in stages or the end is recorded late, and illness that comes back put people beyond 28 days too."""

_LONG_SPELLS = 0.05
"""About the share of spells that are long enough for a return in stages."""

_LATE_DAYS = 12.5
"""Mean days by which an end that is recorded late is later than the return."""

_PSYCHOLOGICAL = (0.12, 0.34, 0.76)

_INJURY = {
    "response": 0.035,
    "neighbourhood": 0.02,
    "custody": 0.02,
    "public_order": 0.05,
    "firearms": 0.02,
    "roads": 0.02,
    "detective": 0.006,
    "public_protection": 0.006,
    "training": 0.02,
}
_OTHER = {
    "study": (0.03, 5),
    "paternity": (0.012, 12),
    "carer": (0.015, 3),
    "other": (0.05, 3),
    "union_duty": (0.004, 1),
}
"""Other spells: how many a person and year, and their mean days. Assumptions."""

SUSPENSION_DAYS = 300.0
_COMES_BACK = 0.25
_PSYCHOLOGICAL_DAYS = 0.25
"""Share of psychological spells that come back, and the days of one further spell next to those of a usual one."""
_FIXED_HOLIDAYS = ((1, 1), (12, 25), (12, 26))


def build_calendar(world: World, force: Force, streams: Streams, tendencies: Tendencies) -> Calendar:
    """Return every spell of absence of the force and the grid that it gives."""
    draws = streams.part("absence")
    parts = [_leave(force, draws), _sickness(world, force, draws, tendencies), _injury(force, draws)]
    parts += [_other(force, draws, kind, *settings) for kind, settings in _OTHER.items()]
    parts.append(_suspension(world, force, draws))
    spells = _within_service(force, joined(parts))
    order = np.lexsort((spells["kind"], spells["started_on"], spells["officer_id"]))
    spells = spells.take(order)
    return Calendar(
        spells=spells,
        away=grid_of(force, spells),
        aid_days=_aid_days(force, draws),
        holidays=bank_holidays(force),
    )


def grid_of(force: Force, spells: Rows) -> Array:
    """Return a grid of people by days, 1 where a spell covers the day."""
    change = np.zeros((len(force.people), force.days + 1), dtype=np.int8)
    first = np.clip(spells["started_on"] - force.start, 0, force.days)
    last = np.clip(spells["_last"] - force.start, -1, force.days - 1)
    np.add.at(change, (spells["officer_id"], first), 1)
    np.add.at(change, (spells["officer_id"], last + 1), -1)
    grid = np.cumsum(change, axis=1, dtype=np.int8)[:, : force.days]
    return (grid > 0).astype(np.int8)


def _spells(person: Array, first: Array, days: Array, *, kind: str, psychological: Array | None = None) -> Rows:
    """Return spells; `_last` keeps the true last day also where it lies beyond the world."""
    count = len(person)
    sick = psychological is not None
    return rows(
        "absence",
        officer_id=person,
        kind=np.full(count, code("absence", "kind", kind)),
        psychological=psychological if psychological is not None else np.full(count, -1),
        certified=(days > 7).astype(np.int8) if sick else np.full(count, -1),
        started_on=first,
        ended_on=first + days - 1,
        _last=(first + days - 1).astype(np.int32),
    )


def _leave(force: Force, draws: Streams) -> Rows:
    """Return annual leave: about five spells a year, one in each window of 73 days."""
    draw = draws.draw("annual_leave")
    windows = max(1, force.days // _LEAVE_WINDOW)
    people = len(force.people)
    person = np.repeat(np.arange(people), windows)
    window = np.tile(np.arange(windows), people)
    days = np.array(_LEAVE_DAYS)[pick(draw, len(person), _LEAVE_SHARE)]
    length = min(_LEAVE_WINDOW, force.days)
    offset = (draw.random(len(person)) * (length - days).clip(1)).astype(np.int64)
    return _spells(person, force.start + window * _LEAVE_WINDOW + offset, days, kind="annual_leave")


def _sickness(world: World, force: Force, draws: Streams, tendencies: Tendencies) -> Rows:
    draw = draws.draw("sickness")
    rate = SPELLS_A_YEAR * world.figure("sickness_days") / 9.0 * force.latent.sickness
    run = world.draw("size/sickness_run")
    # Illness that comes back makes spells, and spells stay open: fewer begin, so that the days stay as published.
    rate = rate / (1 + _COMES_BACK * _PSYCHOLOGICAL_DAYS * run) * _before_nuisances(world)
    person, first = _wandering_starts(force, draw, rate, tendencies)
    length = pick(draw, len(person), _SPELL_SHARE)
    days = np.ceil(draw.gamma(1.3, 1 / 1.3, len(person)) * np.array(_SPELL_MEAN)[length]).astype(np.int64)
    scale = world.figure("psychological_share") / 0.47
    psychological = chance(draw, np.array(_PSYCHOLOGICAL)[length] * scale)
    spells = _spells(person, first, days, kind="sickness", psychological=psychological.astype(np.int8))
    return joined([spells, _runs(spells, draws.draw("sickness/runs"), run)])


def _before_nuisances(world: World) -> float:
    """Return the share of sick days that is left when spells stay open.

    Long ones do while people come back in stages, any may because its end is recorded late.
    """
    in_stages = _LONG_SPELLS * world.draw("rate/return_in_stages") * world.draw("size/return_in_stages") * 7
    late = _LATE_DAYS * world.draw("rate/absence_end_late")
    return 1 / (1 + SPELLS_A_YEAR * (in_stages + late) / 9.0)


def _wandering_starts(
    force: Force, draw: np.random.Generator, rate: Array, tendencies: Tendencies
) -> tuple[Array, Array]:
    """Return who begins a spell on which day, as people's rates wander; the two months before the world are as its
    first."""
    drift = tendencies.drift("sickness")
    drift = np.concatenate([drift[:, :1], drift[:, :1], drift], axis=1)
    count = draw.poisson(rate[:, None] * (DAYS_A_MONTH / 365.25) * drift)
    person, month = (np.repeat(place, count[count > 0]) for place in np.nonzero(count))
    return person, force.start + ((month - 2 + draw.random(len(person))) * DAYS_A_MONTH).astype(np.int64)


def _runs(spells: Rows, draw: np.random.Generator, mean: float) -> Rows:
    """Return the further spells of illness that comes back, some weeks after one another."""
    cause = np.flatnonzero((spells["psychological"] == 1) & chance(draw, _COMES_BACK, len(spells)))
    count = draw.geometric(1 / (1 + mean), len(cause))
    cause = np.repeat(cause, count)
    place = np.arange(len(cause)) - np.repeat(np.cumsum(count) - count, count)
    days = np.ceil(draw.gamma(1.3, 5.0, len(cause))).astype(np.int64)
    first = spells["_last"][cause] + 1 + ((place + draw.random(len(cause))) * 45).astype(np.int64)
    return _spells(spells["officer_id"][cause], first, days, kind="sickness", psychological=np.ones(len(cause)))


def _injury(force: Force, draws: Streams) -> Rows:
    draw = draws.draw("injury")
    role = np.zeros(len(force.people), dtype=np.int64)
    role[force.stints.person] = force.stints.role
    person, first = _starts(force, draw, by_role(_INJURY)[role])
    days = np.ceil(draw.gamma(0.9, 20.0, len(person))).astype(np.int64)
    return _spells(person, first, days, kind="injury_on_duty")


def _other(force: Force, draws: Streams, kind: str, rate: float, mean: float) -> Rows:
    draw = draws.draw(kind)
    person, first = _starts(force, draw, np.full(len(force.people), rate))
    days = np.ceil(draw.gamma(2.0, mean / 2, len(person))).astype(np.int64)
    return _spells(person, first, days, kind=kind)


def _suspension(world: World, force: Force, draws: Streams) -> Rows:
    draw = draws.draw("suspended")
    regular = force.people.workforce == code("officer", "workforce", "officer")
    rate = world.figure("suspended_share") * 365.25 / SUSPENSION_DAYS * force.latent.cases * regular
    person, first = _starts(force, draw, rate, lead=int(3 * SUSPENSION_DAYS))
    days = np.ceil(draw.gamma(2.0, SUSPENSION_DAYS / 2, len(person))).astype(np.int64)
    return _spells(person, first, days, kind="suspended")


def _starts(force: Force, draw: np.random.Generator, rate: Array, *, lead: int = 60) -> tuple[Array, Array]:
    """Return who begins a spell on which day; spells may have begun up to `lead` days before the world."""
    span = force.days + lead
    count = draw.poisson(rate * span / 365.25)
    person = np.repeat(np.arange(len(rate)), count)
    return person, force.start - lead + draw.integers(0, span, len(person))


def _within_service(force: Force, spells: Rows) -> Rows:
    """Cut spells to the person's service and drop those that lie outside it or end before the world."""
    people = force.people
    joins = people.joined[spells["officer_id"]]
    leaves = people.left[spells["officer_id"]]
    leaves = np.where(leaves == NO_TIME, np.iinfo(np.int32).max, leaves)
    first = np.maximum(spells["started_on"], joins).astype(np.int32)
    last = np.minimum(spells["_last"], leaves).astype(np.int32)
    ended = np.where(last >= force.end, NO_TIME, last).astype(np.int32)
    mask = (first <= last) & (last >= force.start) & (first < force.end)
    return spells.with_columns(started_on=first, ended_on=ended, _last=last).take(mask)


def _aid_days(force: Force, draws: Streams) -> Array:
    """Return one number a day: how strongly it draws officers to public events."""
    draw = draws.draw("aid_days")
    weight = np.full(force.days, 0.004)
    weekday = (np.arange(force.days) + force.start + 3) % 7
    protest = (weekday == 5) & chance(draw, 0.4, force.days)
    weight[protest] = 0.05
    for position in range(force.days):
        day = day_of(force.start + position)
        carnival = day.month == 8 and day.day >= 23 and day.weekday() in (6, 0)
        if carnival or (day.month, day.day) in ((12, 31), (11, 5)):
            weight[position] = 0.25
    return weight


def bank_holidays(force: Force) -> Array:
    """Return 1 for the days on which weekday roles do not work: fixed dates and the May and August Mondays."""
    holidays = np.zeros(force.days, dtype=np.int8)
    for position in range(force.days):
        day = day_of(force.start + position)
        monday = day.weekday() == 0 and (
            (day.month == 5 and (day.day <= 7 or day.day >= 25)) or (day.month == 8 and day.day >= 25)
        )
        holidays[position] = monday or (day.month, day.day) in _FIXED_HOLIDAYS
    return holidays
