"""Layer 5a, occurrence: incidents and who went to them, together.

A team on duty is sent to a number of incidents that depends on its role and on how busy its borough is; each is
attended by a few neighbours in that day's crew order, so that people meet the same colleagues more often than chance.
"""

from __future__ import annotations

from functools import cache
from math import exp, factorial

import numpy as np

from data.arrays import Array
from data.synthetic.cell_records import CellRecords, by_role
from data.synthetic.rows import MINUTES, Rows, code, codes
from data.synthetic.streams import pick_by

ATTENDANCES_A_TOUR = {
    "response": 2.3,
    "neighbourhood": 0.9,
    "detective": 0.30,
    "public_protection": 0.35,
    "public_order": 0.6,
    "firearms": 0.35,
    "roads": 0.9,
}
"""Incidents attended a tour, by role: an assumption."""

_COLLEAGUES = 1.1
_KINDS = ("violence", "domestic", "disorder", "mental_health", "sudden_death", "collision", "theft", "other")
_DEFAULT_KINDS = (0.16, 0.15, 0.12, 0.10, 0.03, 0.05, 0.19, 0.20)
_KINDS_BY_ROLE = {
    "neighbourhood": (0.08, 0.06, 0.18, 0.08, 0.01, 0.02, 0.27, 0.30),
    "detective": (0.34, 0.20, 0.02, 0.01, 0.10, 0.01, 0.25, 0.07),
    "public_protection": (0.14, 0.62, 0.01, 0.06, 0.03, 0.0, 0.02, 0.12),
    "public_order": (0.20, 0.02, 0.55, 0.02, 0.01, 0.01, 0.05, 0.14),
    "roads": (0.02, 0.01, 0.05, 0.02, 0.05, 0.62, 0.03, 0.20),
    "firearms": (0.55, 0.06, 0.10, 0.04, 0.01, 0.01, 0.03, 0.20),
}
_SEVERITY = np.array(
    [
        (0.22, 0.34, 0.28, 0.12, 0.04),
        (0.25, 0.40, 0.24, 0.09, 0.02),
        (0.40, 0.36, 0.18, 0.05, 0.01),
        (0.28, 0.38, 0.24, 0.08, 0.02),
        (0.02, 0.08, 0.25, 0.35, 0.30),
        (0.30, 0.32, 0.20, 0.12, 0.06),
        (0.62, 0.30, 0.07, 0.01, 0.0),
        (0.55, 0.33, 0.10, 0.02, 0.0),
    ]
)
_CREW_NOISE = 0.5


def attend_incidents(cell: CellRecords) -> None:
    """Add the incidents of the cell and the attendance of each officer at each."""
    shift = cell.tables["shift"]
    order, starts, sizes = _crews(cell, shift)
    first = order[starts]
    role, team = shift["_role"][first].astype(np.int64), shift["_team"][first]
    draw = cell.draw("incident")
    area = cell.force.structure.team_area[team]
    expected = by_role(ATTENDANCES_A_TOUR)[role] * sizes / _attending(sizes) * cell.force.structure.area_busy[area]
    crew = np.repeat(np.arange(len(starts)), draw.poisson(expected))
    count = len(crew)
    opened = shift["starts_at"][first][crew] + draw.integers(5, 560, count)
    kind = pick_by(draw, role[crew], kind_shares())
    incident = cell.add(
        "incident",
        unit_id=borough_of(cell, draw, area[crew]),
        kind=codes("incident", "kind", _KINDS)[kind],
        severity=pick_by(draw, kind.astype(np.int64), _SEVERITY) + 1,
        opened_at=opened,
        _number=np.arange(count, dtype=np.int32),
    )
    attending = np.minimum(1 + draw.poisson(_COLLEAGUES, count), sizes[crew])
    _attendances(cell, incident, order, starts[crew], sizes[crew], attending)


def _crews(cell: CellRecords, shift: Rows) -> tuple[Array, Array, Array]:
    """Return tours that can be sent to incidents in crew order, with each crew's first position and size."""
    sent = by_role(ATTENDANCES_A_TOUR).take(shift["_role"]) > 0
    away = [code("shift", "duty", name) for name in ("court", "training")]
    sent &= ~np.isin(shift["duty"], away)
    selection = np.flatnonzero(sent)
    draw = cell.draw("incident/crews")
    fixed = draw.random(len(cell.posts))[shift["_post"][selection]]
    place = ((1 - _CREW_NOISE) * fixed + _CREW_NOISE * draw.random(len(selection))) * (1 << 16)
    # Team, minute of the world (24 bits hold 30 years) and place in one number: it is sorted once.
    minute = shift["starts_at"].take(selection) - cell.force.start * MINUTES
    packed = (shift["_team"].take(selection).astype(np.int64) << 40) | (minute.astype(np.int64) << 16)
    packed |= place.astype(np.int64)
    order = np.argsort(packed, kind="stable")
    starts = np.flatnonzero(np.diff(packed.take(order) >> 16, prepend=-1))
    return selection.take(order), starts, np.diff(starts, append=len(order))


def _attending(sizes: Array) -> Array:
    """Return the mean number of attending officers for a crew of each size: min(size, 1 + Poisson)."""
    mean: Array = _attending_by_size().take(np.minimum(sizes, 29))
    return mean


@cache
def _attending_by_size() -> Array:
    weights = [exp(-_COLLEAGUES) * _COLLEAGUES**k / factorial(k) for k in range(30)]
    return np.array([sum(w * min(size, 1 + k) for k, w in enumerate(weights)) for size in range(30)])


def kind_shares() -> Array:
    """Return the share of each kind among the incidents a role attends: roles by kinds."""
    from data.contract import CONTRACT

    roles = CONTRACT["posting"].column["role"].values
    return np.array([_KINDS_BY_ROLE.get(role, _DEFAULT_KINDS) for role in roles])


def borough_of(cell: CellRecords, draw: np.random.Generator, area: Array) -> Array:
    """Return the borough of each incident: the team's own, or any for a branch that works across London."""
    structure = cell.force.structure
    boroughs = len(structure.borough_units)
    share = np.cumsum(structure.area_busy[:boroughs])
    anywhere = np.searchsorted(share / share[-1], draw.random(len(area), dtype=np.float32)).clip(0, boroughs - 1)
    return structure.borough_units[np.where(area < boroughs, area, anywhere)]


def _attendances(
    cell: CellRecords, incident: Rows, order: Array, starts: Array, sizes: Array, attending: Array
) -> None:
    shift = cell.tables["shift"]
    number = np.repeat(np.arange(len(incident)), attending)
    within = np.arange(len(number)) - np.repeat(np.cumsum(attending) - attending, attending)
    offset = cell.draw("attendance").integers(0, 1 << 30, len(incident)) % np.maximum(sizes, 1)
    tour = order[starts[number] + (offset[number] + within) % sizes[number]]
    cell.add(
        "attendance",
        incident_id=incident["incident_id"][number],
        officer_id=shift["officer_id"][tour],
        _at=incident["opened_at"][number],
        _incident=number.astype(np.int32),
        _shift=tour.astype(np.int32),
    )
