"""Layer 5b, occurrence: force, assaults, searches and vehicle events.

Whether force is used at an incident is settled for the incident; who of those present reports it depends on the
person. So officers at the same incident can be compared, and the environment cancels.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.cell_records import CellRecords, by_role, role_rates
from data.synthetic.layers.incidents import ATTENDANCES_A_TOUR, borough_of, kind_shares
from data.synthetic.layers.rota import tours_a_year
from data.synthetic.rows import Rows, code
from data.synthetic.streams import chance, pick
from data.synthetic.world import World

_FORCE_AT = np.array([0.30, 0.16, 0.40, 0.30, 0.01, 0.02, 0.06, 0.05])
"""How likely force is at an incident, by kind, before scaling to the published rate."""

_REPORTS = 0.55
_CUSTODY_FORCE = {"custody": 12.0, "response": 1.0, "public_order": 4.0}
_TACTIC_SHARE = (0.36, 0.28, 0.265, 0.01, 0.015, 0.025, 0.005, 0.003, 0.037)
_TACTIC_SEVERITY = np.array([1, 1, 2, 4, 3, 4, 4, 5, 2])
_SUBJECTS = (0.21, 0.135, 0.057, 0.538, 0.06, 0.0)
_BLACK, _NOT_STATED = 1, 5
_NOT_STATED_SHARE = 0.06

SEARCH_WEIGHT = {
    "response": 14.0,
    "neighbourhood": 20.0,
    "public_order": 60.0,
    "roads": 10.0,
    "firearms": 6.0,
    "detective": 1.0,
}
FOUND = 0.26
_INJURED = 0.03
_GROUNDS = (0.58, 0.22, 0.12, 0.02, 0.06)
_DRIVING = {
    "response": 2.0,
    "neighbourhood": 0.8,
    "detective": 0.7,
    "public_protection": 0.6,
    "public_order": 1.0,
    "firearms": 1.8,
    "roads": 3.0,
    "training": 0.4,
    "intelligence": 0.2,
    "headquarters": 0.1,
    "custody": 0.1,
}
_ASSAULT_AT = np.array([1.0, 0.6, 1.2, 1.0, 0.05, 0.1, 0.3, 0.2])


def video_on(world: World) -> float:
    """Return how likely video is on in planted rows: in ordinary ones the nuisance `video_off` decides."""
    return 1 - world.draw("rate/video_off")


def use_force(cell: CellRecords) -> None:
    """Add force reports: at incidents, by some of those present, and without one, mostly in custody."""
    shares = _at_incidents(_FORCE_AT) * _REPORTS
    without = by_role({role: rate * cell.world.draw(f"work/force/{role}") for role, rate in _CUSTODY_FORCE.items()})
    weights = by_role(ATTENDANCES_A_TOUR) * tours_a_year() * shares + without
    scale = _scale(cell, "force", weights)
    draw = cell.draw("use_of_force")
    incident, attendance = cell.tables["incident"], cell.tables["attendance"]
    forced = chance(draw, np.minimum(_FORCE_AT * scale, 1.0).take(incident["kind"]))
    present = np.flatnonzero(forced.take(attendance["_incident"]))
    person = attendance["officer_id"][present]
    level = cell.trait("force", person, attendance.day()[present]) * _is_officer(cell, person)
    team = cell.tables["shift"]["_team"].take(attendance["_shift"][present])
    reports = chance(draw, _REPORTS * level * cell.tendencies.of_team("force").take(team))
    present = present[reports]
    at_incident = _reports(
        cell, draw, attendance["officer_id"][present], after_arrival(draw, attendance["_at"][present])
    )
    at_incident["incident_id"] = attendance["incident_id"][present]
    at_incident["_incident"] = attendance["_incident"][present]
    hard = (draw.random(len(incident)) < 0.15)[attendance["_incident"][present]]
    at_incident["severity"] = np.minimum(at_incident["severity"] + hard, 5)
    tours, when = _at_tours(cell, draw, without * scale, _on_tours(cell, "force"))
    alone = _reports(cell, draw, cell.tables["shift"]["officer_id"][tours], when)
    alone["incident_id"] = np.full(len(tours), -1)
    alone["_incident"] = np.full(len(tours), -1, dtype=np.int32)
    both = {name: np.concatenate([at_incident[name], alone[name]]) for name in at_incident}
    cell.add("use_of_force", **both)


def after_arrival(draw: np.random.Generator, at: Array) -> Array:
    """Return when force is reported to have been used, given when officers came: some minutes later.

    Planted reports take the same, so that their minutes tell nothing.
    """
    minutes: Array = at + draw.integers(5, 30, len(at))
    return minutes


def _scale(cell: CellRecords, figure: str, weights: Array) -> float:
    """Return what the role weights must be multiplied by to average a figure over officers."""
    from data.contract import CONTRACT

    named = dict(zip(CONTRACT["posting"].column["role"].values, weights.tolist(), strict=True))
    rates = role_rates(cell.force, cell.world.ordinary(figure), named)
    return float(rates.max() / weights.max())


def _at_incidents(by_kind: Array) -> Array:
    """Return the mean of a per-kind number over the incidents that each role attends."""
    mean: Array = kind_shares() @ by_kind
    return mean


def _is_officer(cell: CellRecords, person: Array) -> Array:
    regular: Array = cell.force.people.workforce.take(person) == code("officer", "workforce", "officer")
    return regular


def _on_tours(cell: CellRecords, trait: str) -> Array:
    """Return a lasting trait of whoever works each tour, as it stands on the day, in their team."""
    shift = cell.tables["shift"]
    team = cell.tendencies.of_team(trait).take(shift["_team"])
    return cell.trait(trait, shift["officer_id"], shift.day()) * team


def _at_tours(cell: CellRecords, draw: np.random.Generator, rates: Array, multiple: Array) -> tuple[Array, Array]:
    """Return tours at which something happens, at yearly rates by role times a multiple a tour, and the minute."""
    shift = cell.tables["shift"]
    expected = (rates / tours_a_year()).take(shift["_role"]) * multiple
    tours = np.repeat(np.arange(len(shift)), draw.poisson(expected))
    span = shift["ends_at"][tours] - shift["starts_at"][tours]
    return tours, shift["starts_at"][tours] + (draw.random(len(tours)) * span).astype(np.int64)


def _reports(cell: CellRecords, draw: np.random.Generator, person: Array, when: Array) -> dict[str, Array]:
    count = len(person)
    tactic = pick(draw, count, _TACTIC_SHARE).astype(np.int64)
    severity = _TACTIC_SEVERITY[tactic]
    return {
        "officer_id": person,
        "used_at": when,
        "tactic": tactic,
        "severity": severity,
        "subject_ethnicity": subjects(draw, count, cell.world),
        "subject_injured": chance(draw, _INJURED * cell.world.draw("matters/injuries") * severity),
        "officer_injured": chance(draw, 0.02 * severity),
        "video": np.ones(count),
    }


def subjects(draw: np.random.Generator, count: int, world: World) -> Array:
    """Return the ethnicity recorded of the people dealt with: shares of the resident population, rounded."""
    black = world.draw("matters/black_residents")
    rest = (1 - black) / (1 - _SUBJECTS[_BLACK])
    shares = tuple(black if group == _BLACK else share * rest for group, share in enumerate(_SUBJECTS))
    drawn = pick(draw, count, shares).astype(np.int64)
    drawn[chance(draw, _NOT_STATED_SHARE, count)] = _NOT_STATED
    return drawn


def suffer_assaults(cell: CellRecords) -> None:
    """Add assaults on officers at the incidents they attended."""
    weights = by_role(ATTENDANCES_A_TOUR) * tours_a_year() * _at_incidents(_ASSAULT_AT)
    scale = _scale(cell, "assaults", weights)
    draw = cell.draw("assault")
    incident, attendance = cell.tables["incident"], cell.tables["attendance"]
    level = (_ASSAULT_AT * scale).take(incident["kind"]).take(attendance["_incident"])
    hit = attendance.take(chance(draw, level * _is_officer(cell, attendance["officer_id"])))
    cell.add(
        "assault",
        officer_id=hit["officer_id"],
        incident_id=hit["incident_id"],
        occurred_at=hit["_at"] + draw.integers(2, 40, len(hit)),
        injured=chance(draw, cell.world.figure("assault_injured_share"), len(hit)),
        _incident=hit["_incident"],
    )


def search_people(cell: CellRecords) -> None:
    """Add stops and searches, more of them where it is busy."""
    draw = cell.draw("stop_search")
    rates = cell.role_rates("searches", cell.world.ordinary("searches"), SEARCH_WEIGHT)
    regular = _is_officer(cell, np.arange(len(cell.force.people)))
    tours, when = _at_tours(
        cell, draw, rates, _on_tours(cell, "searches") * regular[cell.tables["shift"]["officer_id"]]
    )
    shift = cell.tables["shift"].take(tours)
    cell.add(
        "stop_search",
        officer_id=shift["officer_id"],
        unit_id=boroughs_of(cell, draw, shift),
        searched_at=when,
        subject_ethnicity=subjects(draw, len(tours), cell.world),
        grounds=pick(draw, len(tours), _GROUNDS),
        found=chance(draw, FOUND * cell.world.draw("matters/finds"), len(tours)),
        video=np.ones(len(tours)),
    )


def boroughs_of(cell: CellRecords, draw: np.random.Generator, shift: Rows) -> Array:
    """Return the borough each tour worked in."""
    return borough_of(cell, draw, cell.force.structure.team_area.take(shift["_team"]))


def drive(cell: CellRecords) -> None:
    """Add collisions and speeding records."""
    draw = cell.draw("vehicle_event")
    rates = role_rates(cell.force, cell.world.figure("vehicle_events"), _DRIVING, among="people")
    tours, when = _at_tours(cell, draw, rates, np.ones(len(cell.tables["shift"])))
    count = len(tours)
    kind = pick(draw, count, (0.45, 0.55)).astype(np.int64)
    fault = np.where(kind == 0, chance(draw, 0.45, count).astype(np.int64), -1)
    cell.add(
        "vehicle_event",
        officer_id=cell.tables["shift"]["officer_id"][tours],
        kind=kind,
        at_fault=fault,
        occurred_at=when,
    )
