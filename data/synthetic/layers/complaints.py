"""Layers 5d, 6 and 7 for complaints: what people could complain of, what they report, and how it ends.

Occurrence: matters arise on tours, at rates that depend on role, borough and the officer's lasting trait; colleagues at
the same incident are involved. Reporting: each officer involved is named with a probability that may depend on the
officer's ethnicity, by the world's stated parameters and nothing else. Adjudication: slow, partial, uneven.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic import keys
from data.synthetic.cell_records import CellRecords
from data.synthetic.figures import split
from data.synthetic.layers.lookups import anybody, people_at
from data.synthetic.layers.recording import lags
from data.synthetic.rows import MINUTES, NO_TIME, codes
from data.synthetic.streams import chance, pick
from data.synthetic.world import Reporting, World

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

_HALFWAY = 0.5
"""The trait at which a colleague at the scene is named too half as likely as at most: an assumption."""

ALLEGATIONS = (0.96, 0.03, 0.01)
"""Usual share of cases with one, two and three allegations against each officer named. With the officers named in a
case this gives the published number of allegations a case."""

_ORDINARY_TILT = {
    "duties": 1.027,
    "powers": 0.905,
    "individual_behaviour": 0.752,
    "discrimination": 0.966,
    "property": 1.205,
    "disclosure": 1.168,
    "vehicles": 1.205,
    "discreditable": 0.809,
    "corruption": 1.11,
    "sexual": 1.1,
    "other": 1.205,
}
"""Archetypes and typologies add other categories than ordinary complaints do: this keeps the total as published."""

ROWS_A_CASE = 96
"""Numbers that are set aside for the rows of one case: officers named times allegations."""

_SCENES = 3
_PLACES = 32
_RECEIVED_AFTER = 18.0
_OUTCOMES = ("no_action", "service_acceptable", "learning", "case_to_answer", "withdrawn")
_INFORMAL = (0.42, 0.38, 0.15, 0.0, 0.05)
_FORMAL = (0.30, 0.40, 0.18, 0.05, 0.07)


def complain(cell: CellRecords) -> None:
    """Add the complaints about the cell's officers."""
    draw = cell.draw("complaint/matters")
    tour, incident = _where(cell, draw, _matters(cell, draw))
    day = cell.tables["shift"]["starts_at"][tour] // MINUTES
    cell.matters = cell.tables["shift"]["officer_id"][tour]
    _record(cell, named=_named(cell, draw, tour, incident), day=day, incident=incident)


def _matters(cell: CellRecords, draw: np.random.Generator) -> Array:
    """Return the posting (by position in the cell) each matter that somebody could complain of arises in."""
    force, stints = cell.force, cell.force.stints
    rate = cell.world.ordinary("complaint_cases") / 1000 / REPORTED / mean_reporting(cell)
    rates = cell.role_rates("complaints", rate, MATTER_WEIGHT, among="people")
    person = stints.person[cell.posts]
    busy = np.sqrt(force.structure.area_busy)[force.structure.team_area[stints.team[cell.posts]]]
    served = (stints.last - stints.first + 1).clip(0)[cell.posts] / 365.25
    served = served * _drift_of_posts(cell) * cell.tendencies.of_team("complaints")[stints.team[cell.posts]]
    expected = rates[stints.role[cell.posts]] * force.latent.complaints[person] * busy * served
    post: Array = np.repeat(np.arange(len(person)), draw.poisson(expected * stints.fte[cell.posts]))
    return post


def _drift(cell: CellRecords) -> Array:
    """Return how the complaint trait of whoever works each tour has wandered by then."""
    shift = cell.tables["shift"]
    return (
        cell.trait("complaints", shift["officer_id"], shift.day()) / cell.force.latent.complaints[shift["officer_id"]]
    )


def _drift_of_posts(cell: CellRecords) -> Array:
    """Return the mean drift over the tours of each posting; 1 where no tour was worked."""
    post, size = cell.tables["shift"]["_post"], len(cell.posts)
    tours = np.bincount(post, minlength=size)
    mean: Array = np.bincount(post, _drift(cell), minlength=size) / np.maximum(tours, 1)
    return np.where(tours > 0, mean, 1.0)


def _tours_by_drift(cell: CellRecords, level: Array, first: Array, past: Array) -> Array:
    """Return one tour for each level in [0, 1) among those from `first` to `past`, likelier as the trait drifts up."""
    total = np.concatenate([[0.0], np.cumsum(_drift(cell))])
    target = total[first] + level * (total[past] - total[first])
    tours: Array = np.clip(np.searchsorted(total, target, side="right") - 1, first, past - 1)
    return tours


def _where(cell: CellRecords, draw: np.random.Generator, post: Array) -> tuple[Array, Array]:
    """Return the tour and the incident (by position, -1 for none) at which each matter arose, sorted by tour.

    Of a few tours the one on which most colleagues were present at one incident is taken: what draws many officers
    draws complaints.
    """
    shift, attendance = cell.tables["shift"], cell.tables["attendance"]
    edges = np.searchsorted(shift["_post"], np.arange(len(cell.posts) + 1))
    post = post[(edges[1:] - edges[:-1])[post] > 0]
    places = draw.random((_SCENES, 2, len(post)))
    tours = _tours_by_drift(cell, places[:, 0], edges[:-1][post], edges[1:][post])
    order = np.argsort(attendance["_shift"], kind="stable")
    first = np.searchsorted(attendance["_shift"][order], tours)
    counts = np.searchsorted(attendance["_shift"][order], tours, side="right") - first
    attended = np.append(attendance["_incident"][order], -1)
    incidents = np.where(counts > 0, attended[first + (places[:, 1] * counts).astype(np.int64)], -1)
    present = np.append(np.bincount(attendance["_incident"], minlength=len(cell.tables["incident"])), 0)
    best, row = present[incidents].argmax(axis=0), np.arange(len(post))
    tour, incident = tours[best, row], incidents[best, row]
    order = np.argsort(tour, kind="stable")
    return tour[order], incident[order]


def reporting_factor(cell: CellRecords, person: Array) -> Array:
    """Return how likely a matter about each person is reported, relative to a white officer: the world's parameters.

    This is the only place where a protected characteristic reaches a record.
    """
    selection: Array = _factors(cell.world.reporting)[cell.force.people.ethnicity[person]]
    return selection


def _factors(reporting: Reporting) -> Array:
    values = CONTRACT["protected_characteristic"].column["ethnicity"].values
    return np.array([reporting.factor(value) for value in values])


def mean_reporting(cell: CellRecords) -> float:
    """Return how many more matters are reported than if all were white, by what was drawn: the figures hold these.

    What a world file says of reporting beyond its draws changes no matter: it only adds reports, or takes some away.
    """
    drawn = Reporting.model_validate({name: cell.world.draw(f"reporting/{name}") for name in Reporting.model_fields})
    return float(_factors(drawn)[cell.force.people.ethnicity].mean())


@dataclass(frozen=True)
class _Named:
    """Who is named in which reported matter; `place` is 0 for the officer it began with, else a colleague's place."""

    case: Array
    person: Array
    place: Array


def _named(cell: CellRecords, draw: np.random.Generator, tour: Array, incident: Array) -> _Named:
    """Return everybody named in a reported complaint, by matter."""
    attendance = cell.tables["attendance"]
    lead = cell.tables["shift"]["officer_id"][tour]
    order = np.argsort(attendance["_incident"], kind="stable")
    first = np.searchsorted(attendance["_incident"][order], incident)
    counts = np.searchsorted(attendance["_incident"][order], incident, side="right") - first
    counts[incident < 0] = 0
    matter = np.repeat(np.arange(len(tour)), counts)
    place = np.arange(len(matter)) - np.repeat(np.cumsum(counts) - counts, counts)
    colleague = attendance["officer_id"][order[np.repeat(first, counts) + place]]
    reported = chance(draw, np.minimum(REPORTED * reporting_factor(cell, lead), 1.0))
    named = chance(draw, np.minimum(_drawn_in(cell, colleague) * reporting_factor(cell, colleague), 1.0))
    named &= reported[matter] & (colleague != lead[matter]) & (place < _PLACES - 1)
    case = np.concatenate([np.flatnonzero(reported), matter[named]])
    person = np.concatenate([lead[reported], colleague[named]])
    place = np.concatenate([np.zeros(int(reported.sum()), dtype=np.int64), place[named] + 1])
    order = np.lexsort((place, case))
    return _Named(case[order], person[order], place[order])


def _drawn_in(cell: CellRecords, person: Array) -> Array:
    """Return how likely a colleague at the scene is named too: likelier, the more their conduct draws complaints."""
    trait = cell.force.latent.complaints[person]
    chances: Array = cell.world.draw("complaints/colleague_named") * trait / (trait + _HALFWAY)
    return chances


def _record(cell: CellRecords, *, named: _Named, day: Array, incident: Array) -> None:
    """Add one row per officer and allegation; allegations, dates and outcomes belong to the case.

    Everything about a case is drawn whether it is reported or not, so that reporting changes no other case.
    """
    draw = cell.draw("complaint/cases")
    cases = len(day)
    formal = chance(draw, cell.world.figure("formal_case_share"), cases)
    received = day + draw.gamma(0.7, _RECEIVED_AFTER / 0.7, cases).astype(np.int64)
    most = len(ALLEGATIONS)
    category = pick(draw, cases * most, _category_weights()).reshape(cases, most)
    count = 1 + pick(draw, cases, _allegations(cell.world))
    source = chance(draw, cell.world.draw("complaints/internal"), cases).astype(np.int64)
    complainant = np.where(incident >= 0, people_at(cell, np.maximum(incident, 0)), anybody(cell, draw, cases))
    complainant[(source == 1) | chance(draw, cell.world.draw("complaints/anonymous"), cases)] = -1
    finalised, outcome = adjudicated(cell, draw, received, formal)
    lag = pick(draw, cases, lags(cell.world, "complaint"))
    row = np.repeat(np.arange(len(named.case)), count[named.case])
    which = np.arange(len(row)) - np.repeat(np.cumsum(count[named.case]) - count[named.case], count[named.case])
    of = named.case[row]
    cell.add(
        "complaint",
        number=of * ROWS_A_CASE + named.place[row] * most + which,
        complaint_id=case_ids(cell, of),
        officer_id=named.person[row],
        complainant_id=complainant[of],
        category=category[of, which],
        source=source[of],
        occurred_on=day[of],
        received_on=received[of],
        outcome=outcome[of],
        finalised_on=finalised[of],
        _lag=lag[of],
        _case=of,
    )


def _allegations(world: World) -> tuple[float, ...]:
    """Return the share of cases with one, two and three allegations against each officer named."""
    more = [share * world.draw("complaints/more_allegations") for share in ALLEGATIONS[1:]]
    return (1 - sum(more), *more)


def _category_weights() -> tuple[float, ...]:
    shares = split("allegations_by_category")
    return tuple(share * _ORDINARY_TILT[name] for name, share in shares.items())


def case_ids(cell: CellRecords, number: Array) -> Array:
    """Return the complaint ids of cases given by their number in the cell."""
    return keys.ordinary(seed=cell.world.seed, table="complaint/case", cell=cell.number, number=number)


def adjudicated(cell: CellRecords, draw: np.random.Generator, received: Array, formal: Array) -> tuple[Array, Array]:
    """Return when each case ended and how; both null where it had not ended by the end of the world."""
    mean = np.where(formal, cell.world.figure("formal_case_days"), cell.world.figure("informal_case_days"))
    shape = np.where(formal, 1.4, 1.0)
    finalised = received + (draw.gamma(shape, mean / shape)).astype(np.int64)
    by_path = np.where(formal, pick(draw, len(formal), _FORMAL), pick(draw, len(formal), _INFORMAL))
    outcome = codes("complaint", "outcome", _OUTCOMES)[by_path]
    is_open = finalised >= cell.force.end
    return np.where(is_open, NO_TIME, finalised), np.where(is_open, -1, outcome)
