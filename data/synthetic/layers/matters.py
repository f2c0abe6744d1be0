"""Layer 5g: people matters. Expenses, training, commendations, grievances, requests to move. All rates are assumed."""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.rows import MINUTES, NO_TIME, codes
from data.synthetic.scene import Scene, by_role
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


def claim_expenses(scene: Scene) -> None:
    """Add expense claims for tours."""
    shift = scene.tables["shift"]
    draw = scene.draw("expense")
    claimed = shift.take(chance(draw, by_role(EXPENSES_A_TOUR).astype(np.float32)[shift["_role"]]))
    count = len(claimed)
    kind = pick(draw, count, _EXPENSE_SHARE).astype(np.int64)
    amount = (_EXPENSE_PENCE[kind] * draw.lognormal(0, 0.5, count)).astype(np.int64)
    scene.add(
        "expense",
        officer_id=claimed["officer_id"],
        kind=codes("expense", "kind", _EXPENSE_KINDS)[kind],
        amount_pence=amount,
        incurred_on=claimed["starts_at"] // MINUTES,
        receipt=chance(draw, _RECEIPT, count),
        approver_id=scene.force.stints.supervisor[scene.posts][claimed["_post"]],
    )


def train(scene: Scene) -> None:
    """Add one row per person, course and year due; most are completed in time."""
    force = scene.force
    draw = scene.draw("training")
    years = max(1, round(scene.years))
    person = np.repeat(scene.home, len(_COURSES) * years)
    course = np.tile(np.repeat(np.arange(len(_COURSES)), years), len(scene.home))
    year = np.tile(np.arange(years), len(scene.home) * len(_COURSES))
    share = np.array([_COURSE_SHARE.get(name, 1.0) for name in _COURSES])
    due = force.start + year * 365 + draw.integers(0, 365, len(person))
    done = due - draw.integers(0, 60, len(person))
    late = chance(draw, 0.11, len(person))
    done = np.where(late, due + draw.integers(1, 120, len(person)), done)
    never = chance(draw, 0.03, len(person))
    kept = chance(draw, share[course]) & _serving(scene, person, due) & (due - 70 < force.end)
    done = np.where(never | (done >= force.end), NO_TIME, np.maximum(done, force.people.joined[person] + 1))
    scene.add(
        "training",
        officer_id=person[kept],
        course=codes("training", "course", _COURSES)[course][kept],
        due_on=due[kept],
        completed_on=done[kept],
    )


def _serving(scene: Scene, person: Array, day: Array) -> Array:
    """Return whether each person is in service on a day and was for two months before."""
    people = scene.force.people
    left = people.left[person]
    serving: Array = (people.joined[person] <= day - 61) & ((left == NO_TIME) | (left >= day))
    return serving


def commend(scene: Scene) -> None:
    """Add commendations."""
    person, day, draw = _events(scene, "commendation", _COMMENDATIONS)
    scene.add(
        "commendation",
        officer_id=person,
        kind=pick(draw, len(person), (0.08, 0.52, 0.40)),
        awarded_on=day,
    )


def raise_grievances(scene: Scene) -> None:
    """Add grievances in teams: mostly about management or a colleague."""
    post, day, draw = _post_events(scene, "grievance", _GRIEVANCES)
    stints = scene.force.stints
    person, team = stints.person[scene.posts][post], stints.team[scene.posts][post]
    supervisor = stints.supervisor[scene.posts][post]
    colleague = _colleagues(scene, draw, team)
    level = draw.random(len(post))
    about = np.where(level < _ABOUT_SUPERVISOR, supervisor, -1)
    about = np.where(level > 1 - _ABOUT_COLLEAGUE, colleague, about)
    about[about == person] = -1
    outcome = pick(draw, len(post), (0.18, 0.52, 0.12, 0.18)).astype(np.int64)
    outcome[(outcome == 3) | (day > scene.force.end - 120)] = -1
    raised_by = np.where(chance(draw, 0.06, len(post)), -1, person)
    scene.add(
        "grievance",
        unit_id=scene.force.structure.team_unit[team],
        raised_by_id=raised_by,
        about_officer_id=about,
        kind=codes("grievance", "kind", _GRIEVANCE_KINDS)[pick(draw, len(post), _GRIEVANCE_SHARE)],
        raised_on=day,
        outcome=outcome,
    )


def _colleagues(scene: Scene, draw: np.random.Generator, team: Array) -> Array:
    """Return a random member of each team."""
    stints = scene.force.stints
    order = np.argsort(stints.team[scene.posts], kind="stable")
    members = stints.team[scene.posts][order]
    first = np.searchsorted(members, team)
    held = np.searchsorted(members, team, side="right") - first
    return stints.person[scene.posts][order[first + (draw.random(len(team)) * held).astype(np.int64)]]


def request_transfers(scene: Scene) -> None:
    """Add requests to leave a team."""
    post, day, draw = _post_events(scene, "transfer_request", _TRANSFERS)
    stints = scene.force.stints
    granted = pick(draw, len(post), (0.35, 0.40, 0.25)).astype(np.int64)
    granted[(granted == 2) | (day > scene.force.end - 90)] = -1
    scene.add(
        "transfer_request",
        officer_id=stints.person[scene.posts][post],
        from_unit_id=scene.force.structure.team_unit[stints.team[scene.posts][post]],
        reason=codes("transfer_request", "reason", _TRANSFER_REASONS)[pick(draw, len(post), _TRANSFER_SHARE)],
        requested_on=day,
        granted=granted,
    )


def _events(scene: Scene, table: str, rate: float) -> tuple[Array, Array, np.random.Generator]:
    """Return who has an event and on which day, at a yearly rate for everybody at home in the cell."""
    post, day, draw = _post_events(scene, table, rate)
    return scene.force.stints.person[scene.posts][post], day, draw


def _post_events(scene: Scene, table: str, rate: float) -> tuple[Array, Array, np.random.Generator]:
    """Return postings with an event and its day, within the posting."""
    draw = scene.draw(table)
    stints = scene.force.stints
    first, last = stints.first[scene.posts], stints.last[scene.posts]
    length = (last - first + 1).clip(0)
    post = np.repeat(np.arange(len(scene.posts)), draw.poisson(rate * length / 365.25))
    day = first[post] + (draw.random(len(post)) * length[post]).astype(np.int64)
    return post, day, draw
