"""What is ordinary for a subject's peers: the rows of ordinary life that a pattern's rows are a multiple of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.synthetic.cell_records import CellRecords
from data.synthetic.figures import figures
from data.synthetic.layers.complaints import REPORTED, mean_reporting
from data.synthetic.planted_subject import MONTH, PlantedSubject
from data.synthetic.rows import Rows, code

LEAST_A_MONTH = 2 / 12
"""The least that counts as ordinary, in rows a month: where peers hardly ever leave such rows a multiple of nothing
would be nothing."""


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Which rows of ordinary life are comparable with those of a pattern.

    `comparable` gives a mask of a table's rows in a cell; `share` is the part of them that is, where the records cannot
    tell. A person's peers are those of the cell in the same role; a team's are the other teams of the cell. Where rows
    depend on who reports them, `count` says how many to expect of each person instead, reported alike.
    """

    table: str
    comparable: Callable[[CellRecords, Rows], Array]
    share: float = 1.0
    count: Callable[[CellRecords], Array] | None = None

    def rows_of_people(self, cell: CellRecords) -> Array:
        """Return how many such rows each person leaves in the cell."""
        if self.count is not None:
            return self.count(cell)
        data = cell.tables[self.table]
        owner = data["officer_id"] if "officer_id" in data.columns else data["raised_by_id"]
        owner = owner[self.comparable(cell, data) & (owner >= 0)]
        return np.bincount(owner, minlength=len(cell.force.people))

    def rows_a_month(self, cell: CellRecords, subject: PlantedSubject, rows_of_people: Array) -> float:
        """Return how many such rows a peer leaves in a month of service, on average."""
        stints = cell.force.stints
        role = stints.role[cell.posts]
        peers = np.ones(len(role), dtype=bool) if subject.post < 0 else role == stints.role[subject.post]
        served = (stints.last - stints.first + 1).clip(0)[cell.posts][peers].sum() / MONTH
        members = np.unique(stints.person[cell.posts][peers])
        rate = float(rows_of_people[members].sum()) * self.share / max(float(served), 1.0)
        # A team leaves the rows of all its members.
        return rate * (len(cell.people) / max(_teams(cell), 1) if subject.post < 0 else 1.0)


def _teams(cell: CellRecords) -> int:
    return int((cell.force.structure.team_cell == cell.number).sum())


def everything(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of all rows."""
    return np.ones(len(data), dtype=bool)


def reported_matters(cell: CellRecords) -> Array:
    """Return how many allegations to expect of each person, from the matters that somebody could complain of."""
    allegations = figures()["allegations"].value / figures()["complaint_cases"].value
    matters = np.bincount(cell.matters, minlength=len(cell.force.people))
    expected: Array = matters * REPORTED * mean_reporting(cell) * allegations
    return expected


def unlinked_lookups(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the look-ups of people for which no incident is stated."""
    mask: Array = (data["incident_id"] < 0) & (data["subject_id"] > 0)
    return mask


def linked_lookups(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the look-ups that state an incident."""
    mask: Array = data["incident_id"] >= 0
    return mask


def own_gains(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the edits by which people gain minutes themselves."""
    mask: Array = (data["editor_id"] == data["officer_id"]) & (data["minutes_gained"] > 0)
    return mask


def bookings_by_others(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the overtime that somebody else books."""
    mask: Array = (data["editor_id"] != data["officer_id"]) & (data["minutes_gained"] > 0)
    mask &= data["field"] == code("roster_edit", "field", "overtime")
    return mask


def cuts_by_others(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the edits by which somebody else takes minutes away or cancels."""
    mask: Array = (data["editor_id"] != data["officer_id"]) & (data["minutes_gained"] < 0)
    return mask


def claims_without_receipt(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the claims that have no receipt."""
    mask: Array = data["receipt"] == 0
    return mask


def office_tours(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the tours recorded at the office."""
    mask: Array = data["place"] == code("shift", "place", "office")
    return mask


def hard_force(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the uses of force of some severity."""
    mask: Array = data["severity"] >= 3
    return mask


def sickness(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the spells of sickness without a psychological cause."""
    mask: Array = (data["kind"] == code("absence", "kind", "sickness")) & (data["psychological"] == 0)
    return mask


def psychological_sickness(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the spells of sickness with a psychological cause."""
    mask: Array = (data["kind"] == code("absence", "kind", "sickness")) & (data["psychological"] == 1)
    return mask


def severe_attendances(cell: CellRecords, data: Rows) -> Array:
    """Return a mask of the attendances at severe incidents."""
    incident = cell.tables["incident"]
    severity = np.zeros(int(incident["_number"].max(initial=-1)) + 2, dtype=np.int64)
    severity[incident["_number"]] = incident["severity"]
    mask: Array = severity[data["_incident"]] >= 4
    return mask
