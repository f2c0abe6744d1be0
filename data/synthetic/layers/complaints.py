"""Layers 5d, 6 and 7 for complaints: what people could complain of, what they report, and how it ends.

Occurrence: matters arise on tours, at rates that depend on role, borough and the officer's lasting trait; colleagues at
the same incident are involved. Reporting: each officer involved is named with a probability that may depend on the
officer's ethnicity, by the world's stated parameters and nothing else. Adjudication: slow, partial, uneven.
"""

from __future__ import annotations

import numpy as np

from data.contract import CONTRACT
from data.synthetic import keys
from data.synthetic.figures import split
from data.synthetic.layers.lookups import anybody, people_at
from data.synthetic.rows import MINUTES, NO_TIME, code, codes
from data.synthetic.scene import Scene, role_rates
from data.synthetic.streams import Array, chance, pick

MATTER_WEIGHT = {
    "response": 1.0,
    "neighbourhood": 0.8,
    "detective": 0.75,
    "custody": 0.6,
    "public_order": 0.9,
    "firearms": 0.3,
    "roads": 0.7,
    "intelligence": 0.05,
    "public_protection": 0.6,
    "training": 0.03,
    "headquarters": 0.05,
}
REPORTED = 0.5
"""Share of matters that are reported where no factor applies: an assumption. Published rates are of those reported."""

NAMED_TOO = 0.42
ALLEGATIONS = (0.74, 0.20, 0.06)
_INTERNAL = 0.06
_ANONYMOUS = 0.05
_RECEIVED_AFTER = 18.0
_OUTCOMES = ("no_action", "service_acceptable", "learning", "case_to_answer", "withdrawn")
_INFORMAL = (0.42, 0.38, 0.15, 0.0, 0.05)
_FORMAL = (0.30, 0.40, 0.18, 0.05, 0.07)


def complain(scene: Scene) -> None:
    """Add the complaints about the cell's officers."""
    draw = scene.draw("complaint/matters")
    tour = _matters(scene, draw)
    incident = _incident_of(scene, draw, tour)
    case, person = _named(scene, draw, tour, incident)
    day = scene.tables["shift"]["starts_at"][tour] // MINUTES
    _record(scene, case=case, person=person, day=day, incident=incident)


def _matters(scene: Scene, draw: np.random.Generator) -> Array:
    """Return the tour of each matter that somebody could complain of."""
    force, stints = scene.force, scene.force.stints
    shift = scene.tables["shift"]
    rate = scene.world.figure("complaint_cases") / 1000 / REPORTED
    rates = role_rates(force, rate, MATTER_WEIGHT, among="people")
    person = stints.person[scene.posts]
    busy = np.sqrt(force.structure.area_busy)[force.structure.team_area[stints.team[scene.posts]]]
    served = (stints.last - stints.first + 1).clip(0)[scene.posts] / 365.25
    expected = rates[stints.role[scene.posts]] * force.latent.complaints[person] * busy * served
    post = np.repeat(np.arange(len(person)), draw.poisson(expected * stints.fte[scene.posts]))
    edges = np.searchsorted(shift["_post"], np.arange(len(person) + 1))
    held = (edges[1:] - edges[:-1])[post]
    tour = edges[:-1][post] + (draw.random(len(post)) * held).astype(np.int64)
    return np.sort(tour[held > 0])


def _incident_of(scene: Scene, draw: np.random.Generator, tour: Array) -> Array:
    """Return the incident (by position) each matter arose at, -1 where the tour had none."""
    attendance = scene.tables["attendance"]
    order = np.argsort(attendance["_shift"], kind="stable")
    first = np.searchsorted(attendance["_shift"][order], tour)
    held = np.searchsorted(attendance["_shift"][order], tour, side="right") - first
    place = first + (draw.random(len(tour)) * held).astype(np.int64)
    incident = np.full(len(tour), -1, dtype=np.int64)
    incident[held > 0] = attendance["_incident"][order[place[held > 0]]]
    return incident


def reporting_factor(scene: Scene, person: Array) -> Array:
    """Return how likely a matter about each person is reported, relative to a white officer: the world's parameters.

    This is the only place where a protected characteristic reaches a record.
    """
    values = CONTRACT["protected_characteristic"].column["ethnicity"].values
    factors = np.array([scene.world.reporting.factor(value) for value in values])
    chosen: Array = factors[scene.force.people.ethnicity[person]]
    return chosen


def _named(scene: Scene, draw: np.random.Generator, tour: Array, incident: Array) -> tuple[Array, Array]:
    """Return (matter, person) for everybody named in a reported complaint, the officer it began with first."""
    attendance = scene.tables["attendance"]
    lead = scene.tables["shift"]["officer_id"][tour]
    order = np.argsort(attendance["_incident"], kind="stable")
    first = np.searchsorted(attendance["_incident"][order], incident)
    held = np.searchsorted(attendance["_incident"][order], incident, side="right") - first
    held[incident < 0] = 0
    matter = np.repeat(np.arange(len(tour)), held)
    place = np.repeat(first, held) + np.arange(len(matter)) - np.repeat(np.cumsum(held) - held, held)
    colleague = attendance["officer_id"][order[place]]
    reported = chance(draw, np.minimum(REPORTED * reporting_factor(scene, lead), 1.0))
    named = chance(draw, np.minimum(NAMED_TOO * reporting_factor(scene, colleague), 1.0))
    named &= reported[matter] & (colleague != lead[matter])
    case = np.concatenate([np.flatnonzero(reported), matter[named]])
    person = np.concatenate([lead[reported], colleague[named]])
    order = np.argsort(case, kind="stable")
    return case[order], person[order]


def _record(scene: Scene, *, case: Array, person: Array, day: Array, incident: Array) -> None:
    """Add one row per officer and allegation; allegations, dates and outcomes belong to the case."""
    draw = scene.draw("complaint/cases")
    cases = len(day)
    formal = chance(draw, scene.world.figure("formal_case_share"), cases)
    received = day + draw.gamma(0.7, _RECEIVED_AFTER / 0.7, cases).astype(np.int64)
    received = np.maximum(received, day)
    category = pick(draw, cases * len(ALLEGATIONS), tuple(split("allegations_by_category").values())).reshape(
        cases, len(ALLEGATIONS)
    )
    count = 1 + pick(draw, cases, ALLEGATIONS)
    internal = chance(draw, _INTERNAL, cases)
    complainant = np.where(incident >= 0, people_at(scene, np.maximum(incident, 0)), anybody(scene, draw, cases))
    complainant[internal | chance(draw, _ANONYMOUS, cases)] = -1
    finalised, outcome = adjudicated(scene, draw, received, formal)
    row = np.repeat(np.arange(len(case)), count[case])
    which = np.arange(len(row)) - np.repeat(np.cumsum(count[case]) - count[case], count[case])
    of = case[row]
    scene.add(
        "complaint",
        complaint_id=case_ids(scene, of),
        officer_id=person[row],
        complainant_id=complainant[of],
        category=category[of, which],
        source=np.where(internal[of], code("complaint", "source", "internal"), code("complaint", "source", "public")),
        occurred_on=day[of],
        received_on=received[of],
        outcome=outcome[of],
        finalised_on=finalised[of],
    )


def case_ids(scene: Scene, number: Array) -> Array:
    """Return the complaint ids of cases given by their number in the cell."""
    return keys.ordinary(seed=scene.world.seed, table="complaint/case", cell=scene.cell, number=number)


def adjudicated(scene: Scene, draw: np.random.Generator, received: Array, formal: Array) -> tuple[Array, Array]:
    """Return when each case ended and how; both null where it had not ended by the end of the world."""
    mean = np.where(formal, scene.world.figure("formal_case_days"), scene.world.figure("informal_case_days"))
    shape = np.where(formal, 1.4, 1.0)
    finalised = received + (draw.gamma(shape, mean / shape)).astype(np.int64)
    by_path = np.where(formal, pick(draw, len(formal), _FORMAL), pick(draw, len(formal), _INFORMAL))
    outcome = codes("complaint", "outcome", _OUTCOMES)[by_path]
    is_open = finalised >= scene.force.end
    return np.where(is_open, NO_TIME, finalised), np.where(is_open, -1, outcome)
