"""Layer 5c, occurrence: looks at police systems, the largest table.

Most are linked to work: those of operational roles to an incident of the same tour, those of investigators to a recent
one. The share that is linked, the volumes and the systems by role are assumptions: no published figure was found.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic import keys
from data.synthetic.cell_records import CellRecords, by_role
from data.synthetic.layers.rota import tours_a_year
from data.synthetic.rows import MINUTES, code
from data.synthetic.streams import chance, pick_by

VOLUME = {
    "response": 420.0,
    "neighbourhood": 260.0,
    "detective": 800.0,
    "custody": 600.0,
    "public_order": 150.0,
    "firearms": 120.0,
    "roads": 260.0,
    "intelligence": 1400.0,
    "public_protection": 700.0,
    "training": 40.0,
    "headquarters": 90.0,
}
LINKED = {
    "response": 0.86,
    "neighbourhood": 0.75,
    "detective": 0.88,
    "custody": 0.55,
    "public_order": 0.60,
    "firearms": 0.60,
    "roads": 0.75,
    "intelligence": 0.45,
    "public_protection": 0.88,
    "training": 0.10,
    "headquarters": 0.10,
}
_OWN_INCIDENTS = ("response", "neighbourhood", "public_order", "firearms", "roads")
_SYSTEM_SHARE = {
    "response": (0.45, 0.15, 0.08, 0.26, 0.05, 0.01),
    "detective": (0.48, 0.20, 0.08, 0.20, 0.03, 0.01),
    "custody": (0.15, 0.08, 0.55, 0.18, 0.03, 0.01),
    "intelligence": (0.25, 0.50, 0.02, 0.21, 0.01, 0.01),
    "headquarters": (0.10, 0.04, 0.01, 0.04, 0.38, 0.43),
}
_DEFAULT_SYSTEMS = (0.44, 0.18, 0.05, 0.25, 0.06, 0.02)
_BACK_DAYS = 25.0
PEOPLE_AT_INCIDENT = 3
_OTHERS = 1 << 22


def look_things_up(cell: CellRecords) -> None:
    """Add the looks at systems of the cell, linked to work where a link was given."""
    shift = cell.tables["shift"]
    rates = cell.role_rates("lookups", cell.world.ordinary("lookups"), VOLUME, among="people")
    draw = cell.draw("system_access")
    expected = (rates / tours_a_year()).take(shift["_role"]) * cell.trait("lookups", shift["officer_id"], shift.day())
    tour = np.repeat(np.arange(len(shift)), draw.poisson(expected))
    role = shift["_role"][tour].astype(np.int64)
    count = len(tour)
    span = shift["ends_at"][tour] - shift["starts_at"][tour]
    when = shift["starts_at"][tour] + (draw.random(count, dtype=np.float32) * span).astype(np.int32)
    system = pick_by(draw, role, _system_shares())
    linked_mask = chance(draw, by_role(LINKED).astype(np.float32)[role])
    linked_mask &= system < code("system_access", "system", "roster")
    incident, when = _linked(cell, draw, tour, role, when, linked_mask)
    incidents = cell.tables["incident"]["incident_id"]
    linked = np.concatenate([incidents, [-1]]).take(incident)
    cell.add(
        "system_access",
        officer_id=shift["officer_id"][tour],
        system=system,
        accessed_at=when,
        subject_id=_looked_at(cell, draw, incident, system),
        incident_id=linked,
        _incident=incident,
        _shift=tour.astype(np.int32),
    )


def _system_shares() -> Array:
    roles = CONTRACT["posting"].column["role"].values
    return np.array([_SYSTEM_SHARE.get(role, _DEFAULT_SYSTEMS) for role in roles])


def _linked(
    cell: CellRecords, draw: np.random.Generator, tour: Array, role: Array, when: Array, linked_mask: Array
) -> tuple[Array, Array]:
    """Return the position of the incident each look is linked to (-1 for none), and when it happened."""
    shift, attendance = cell.tables["shift"], cell.tables["attendance"]
    order = np.argsort(attendance["_shift"], kind="stable")
    edges = np.searchsorted(attendance["_shift"][order], np.arange(len(shift) + 1))
    counts = (edges[1:] - edges[:-1])[tour]
    to_own = by_role(dict.fromkeys(_OWN_INCIDENTS, 1.0)).astype(bool).take(role)
    own = to_own & linked_mask & (counts > 0)
    level = draw.random(len(tour), dtype=np.float32)
    incident = np.full(len(tour), -1, dtype=np.int32)
    place = edges[:-1][tour[own]] + (level[own] * counts[own]).astype(np.int64)
    selection = attendance.take(order[place])
    incident[own] = selection["_incident"]
    when = when.copy()
    when[own] = selection["_at"] + (draw.random(len(place), dtype=np.float32) * 50).astype(np.int32)
    recent = linked_mask & ~own & ~to_own
    incident[recent] = _recent(cell, when[recent], level[recent])
    return incident, when


def _recent(cell: CellRecords, when: Array, level: Array) -> Array:
    """Return an incident of the cell opened before each moment, mostly in the last weeks; -1 where there is none."""
    incident = cell.tables["incident"]
    if not len(incident):
        return np.full(len(when), -1, dtype=np.int32)
    day = incident["opened_at"] // MINUTES - cell.force.start
    order = np.argsort(day, kind="stable")
    edges = np.searchsorted(day[order], np.arange(cell.force.days + 2))
    a_day = len(incident) / cell.force.days
    back = (-np.log1p(-level.astype(np.float64)) * _BACK_DAYS * a_day).astype(np.int64)
    today = np.clip(when // MINUTES - cell.force.start, 0, cell.force.days)
    place = edges[today] - 1 - back
    return np.where(place >= 0, order[np.maximum(place, 0)], -1).astype(np.int32)


def _looked_at(cell: CellRecords, draw: np.random.Generator, incident: Array, system: Array) -> Array:
    """Return the person looked at: one of those at the incident, or anybody; nobody for roster and personnel."""
    count = len(incident)
    at_incident = incident.astype(np.int64) * PEOPLE_AT_INCIDENT + draw.integers(0, PEOPLE_AT_INCIDENT, count)
    anybody = (1 << 24) + draw.integers(0, _OTHERS, count)
    number = np.where(incident >= 0, at_incident, anybody)
    person = keys.ordinary(seed=cell.world.seed, table="person", cell=cell.number, number=number)
    return np.where(system < code("system_access", "system", "roster"), person, -1)


def people_at(cell: CellRecords, incidents: Array, which: int = 0) -> Array:
    """Return the id of a person who was at each incident (given by position within the cell)."""
    number = incidents.astype(np.int64) * PEOPLE_AT_INCIDENT + which
    return keys.ordinary(seed=cell.world.seed, table="person", cell=cell.number, number=number)


def anybody(cell: CellRecords, draw: np.random.Generator, count: int) -> Array:
    """Return ids of people who have nothing to do with an incident."""
    number = (1 << 24) + draw.integers(0, _OTHERS, count)
    return keys.ordinary(seed=cell.world.seed, table="person", cell=cell.number, number=number)
