"""Layer 5g: people matters. Expenses, training, commendations, grievances, requests to move. All rates are assumed."""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.cell_records import CellRecords, by_role
from data.synthetic.rows import MINUTES, NO_TIME, codes
from data.synthetic.streams import chance, pick

EXPENSES_A_TOUR = {
    "response": 0.003,
    "neighbourhood": 0.003,
    "detective": 0.022,
    "custody": 0.001,
    "public_order": 0.02,
    "firearms": 0.015,
    "roads": 0.006,
    "intelligence": 0.012,
    "public_protection": 0.018,
    "training": 0.01,
    "headquarters": 0.012,
}
_EXPENSE_KINDS = ("travel", "subsistence", "accommodation", "informant", "other")
_EXPENSE_SHARE = (0.50, 0.33, 0.05, 0.01, 0.11)
_EXPENSE_PENCE = np.array([1800.0, 1100.0, 11000.0, 9000.0, 2200.0])
_RECEIPT = 0.93

RECEIPT_LIMIT = 2500
"""Pence above which a receipt is asked for: an assumption."""

_COURSES = ("Personal safety", "First aid", "Information security", "Driving refresher")
_COURSE_SHARE = {"Driving refresher": 0.35}
_COMMENDATIONS = 0.06
_GRIEVANCES = 0.012
_GRIEVANCE_KINDS = ("bullying", "discrimination", "sexual_harassment", "victimisation", "management", "other")
_GRIEVANCE_SHARE = (0.25, 0.14, 0.05, 0.06, 0.36, 0.14)
_ABOUT_SUPERVISOR, _ABOUT_COLLEAGUE = 0.45, 0.30
_TRANSFERS = 0.05
_TRANSFER_REASONS = ("career", "location", "family", "team", "other")
_TRANSFER_SHARE = (0.40, 0.22, 0.16, 0.10, 0.12)


def claim_expenses(cell: CellRecords) -> None:
    """Add expense claims for tours."""
    shift = cell.tables["shift"]
    draw = cell.draw("expense")
    tours = shift.take(chance(draw, _expenses_a_tour(cell)[shift["_role"]]))
    count = len(tours)
    kind = pick(draw, count, _EXPENSE_SHARE).astype(np.int64)
    amount = (_EXPENSE_PENCE[kind] * draw.lognormal(0, 0.5, count)).astype(np.int64)
    cell.add(
        "expense",
        officer_id=tours["officer_id"],
        kind=codes("expense", "kind", _EXPENSE_KINDS)[kind],
        amount_pence=amount,
        incurred_on=tours["starts_at"] // MINUTES,
        receipt=chance(draw, _RECEIPT, count),
        approver_id=cell.force.stints.supervisor[cell.posts][tours["_post"]],
    )


def _expenses_a_tour(cell: CellRecords) -> Array:
    """Return how likely each role claims for a tour."""
    rates: Array = (by_role(EXPENSES_A_TOUR) * cell.world.draw("matters/expenses")).astype(np.float32)
    return rates


def train(cell: CellRecords) -> None:
    """Add one row per person, course and year due; most are completed in time."""
    force = cell.force
    draw = cell.draw("training")
    years = max(1, round(cell.years))
    person = np.repeat(cell.home, len(_COURSES) * years)
    course = np.tile(np.repeat(np.arange(len(_COURSES)), years), len(cell.home))
    year = np.tile(np.arange(years), len(cell.home) * len(_COURSES))
    share = np.array([_COURSE_SHARE.get(name, 1.0) for name in _COURSES])
    due_day = force.start + year * 365 + draw.integers(0, 365, len(person))
    completion = due_day - draw.integers(0, 60, len(person))
    is_late = chance(draw, 0.11, len(person))
    completion = np.where(is_late, due_day + draw.integers(1, 120, len(person)), completion)
    never = chance(draw, 0.03, len(person))
    mask = chance(draw, share[course]) & _serving(cell, person, due_day) & (due_day - 70 < force.end)
    completion = np.where(
        never | (completion >= force.end), NO_TIME, np.maximum(completion, force.people.joined[person] + 1)
    )
    cell.add(
        "training",
        officer_id=person[mask],
        course=codes("training", "course", _COURSES)[course][mask],
        due_on=due_day[mask],
        completed_on=completion[mask],
    )


def _serving(cell: CellRecords, person: Array, day: Array) -> Array:
    """Return whether each person is in service on a day and was for two months before."""
    people = cell.force.people
    left = people.left[person]
    serving: Array = (people.joined[person] <= day - 61) & ((left == NO_TIME) | (left >= day))
    return serving


def commend(cell: CellRecords) -> None:
    """Add commendations."""
    person, day, draw = _events(cell, "commendation", _COMMENDATIONS)
    cell.add(
        "commendation",
        officer_id=person,
        kind=pick(draw, len(person), (0.08, 0.52, 0.40)),
        awarded_on=day,
    )


def raise_grievances(cell: CellRecords) -> None:
    """Add grievances in teams: mostly about management or a colleague."""
    post, day, draw = _post_events(cell, "grievance", _GRIEVANCES * cell.world.draw("matters/grievances"))
    stints = cell.force.stints
    person, team = stints.person[cell.posts][post], stints.team[cell.posts][post]
    supervisor = stints.supervisor[cell.posts][post]
    colleague = _colleagues(cell, draw, team)
    level = draw.random(len(post))
    about = np.where(level < _ABOUT_SUPERVISOR, supervisor, -1)
    about = np.where(level > 1 - _ABOUT_COLLEAGUE, colleague, about)
    about[about == person] = -1
    outcome = pick(draw, len(post), (0.18, 0.52, 0.12, 0.18)).astype(np.int64)
    outcome[(outcome == 3) | (day > cell.force.end - 120)] = -1
    raised_by = np.where(chance(draw, 0.06, len(post)), -1, person)
    cell.add(
        "grievance",
        unit_id=cell.force.structure.team_unit[team],
        raised_by_id=raised_by,
        about_officer_id=about,
        kind=codes("grievance", "kind", _GRIEVANCE_KINDS)[pick(draw, len(post), _GRIEVANCE_SHARE)],
        raised_on=day,
        outcome=outcome,
    )


def _colleagues(cell: CellRecords, draw: np.random.Generator, team: Array) -> Array:
    """Return a random member of each team."""
    stints = cell.force.stints
    order = np.argsort(stints.team[cell.posts], kind="stable")
    members = stints.team[cell.posts][order]
    first = np.searchsorted(members, team)
    sizes = np.searchsorted(members, team, side="right") - first
    return stints.person[cell.posts][order[first + (draw.random(len(team)) * sizes).astype(np.int64)]]


def request_transfers(cell: CellRecords) -> None:
    """Add requests to leave a team."""
    post, day, draw = _post_events(cell, "transfer_request", _TRANSFERS * cell.world.draw("matters/transfers"))
    stints = cell.force.stints
    decision = pick(draw, len(post), (0.35, 0.40, 0.25)).astype(np.int64)
    decision[(decision == 2) | (day > cell.force.end - 90)] = -1
    cell.add(
        "transfer_request",
        officer_id=stints.person[cell.posts][post],
        from_unit_id=cell.force.structure.team_unit[stints.team[cell.posts][post]],
        reason=codes("transfer_request", "reason", _TRANSFER_REASONS)[pick(draw, len(post), _TRANSFER_SHARE)],
        requested_on=day,
        granted=decision,
    )


def _events(cell: CellRecords, table: str, rate: float) -> tuple[Array, Array, np.random.Generator]:
    """Return who has an event and on which day, at a yearly rate for everybody at home in the cell."""
    post, day, draw = _post_events(cell, table, rate)
    return cell.force.stints.person[cell.posts][post], day, draw


def _post_events(cell: CellRecords, table: str, rate: float) -> tuple[Array, Array, np.random.Generator]:
    """Return postings with an event and its day, within the posting."""
    draw = cell.draw(table)
    stints = cell.force.stints
    first, last = stints.first[cell.posts], stints.last[cell.posts]
    length = (last - first + 1).clip(0)
    post = np.repeat(np.arange(len(cell.posts)), draw.poisson(rate * length / 365.25))
    day = first[post] + (draw.random(len(post)) * length[post]).astype(np.int64)
    return post, day, draw
