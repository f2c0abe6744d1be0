"""The truth by degree: each officer's true rate of each kind of conduct, next to peers, month by month.

What real forces have and no record shows. A person's rate is their lasting trait as it stands in the month, over the
mean of all who serve in the same role that month; planted rows come on top, over what the role ordinarily leaves in a
month. A rate of 2 says: twice as many as peers with the same exposure would leave.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from data.arrays import Array
from data.arrow import arrow_schema
from data.contract import CONTRACT
from data.synthetic.build import Parts
from data.synthetic.cell_records import CellRecords
from data.synthetic.force import Force
from data.synthetic.planting import Effect
from data.synthetic.rows import days, integers, numbers, repeated_texts
from data.synthetic.tendencies import DAYS_A_MONTH

KINDS = {
    "complaints": ("complaints", "complaint"),
    "conduct_cases": ("cases", "conduct_case"),
    "force": ("force", "use_of_force"),
    "lookups": ("lookups", "system_access"),
    "roster_edits": ("edits", "roster_edit"),
    "searches": ("searches", "stop_search"),
    "sickness": ("sickness", "absence"),
}
"""Each kind of conduct with the lasting trait that drives it and the table that its rows stand in."""

_LEAST_A_MONTH = 1 / 120
"""The least that a role is taken to leave a month: planted rows of a kind that a role never leaves stay finite."""


class RateTruth:
    """The true rates while the cells of a force are made: ordinary rows by role, and planted rows by person."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._roles = len(CONTRACT["posting"].column["role"].values)
        self._role = main_roles(parts.force)
        self._months = int(parts.force.days / DAYS_A_MONTH) + 1
        self._rows = {kind: np.zeros(self._roles) for kind in KINDS}
        self._planted = {kind: np.zeros((len(parts.force.people), self._months), dtype=np.float32) for kind in KINDS}

    def add(self, counts: CellCounts) -> None:
        """Add what was counted in a cell."""
        for kind in KINDS:
            self._rows[kind] += counts.ordinary[kind]
            person, month = counts.planted[kind]
            np.add.at(self._planted[kind], (person, month), 1)

    def tables(self) -> Iterator[pa.Table]:
        """Yield the rows of `truth_rate`, a table for each kind, by officer and month."""
        force = self._parts.force
        serving = serving_months(force, self._months)
        order = np.argsort(force.people.officer_id, kind="stable")
        place, month = np.nonzero(serving[order])
        person = order[place]
        first = force.start + np.round(np.arange(self._months) * DAYS_A_MONTH).astype(np.int64)
        schema = arrow_schema(CONTRACT.truth["truth_rate"], strict=True)
        for kind in KINDS:
            columns = {
                "officer_id": integers(force.people.officer_id[person]),
                "kind": repeated_texts([kind], [len(person)]),
                "month_from": days(first[month]),
                "relative_rate": numbers(np.round(self._relative(kind, serving)[person, month].astype(np.float64), 4)),
            }
            yield pa.table(columns).cast(schema)

    def _relative(self, kind: str, serving: Array) -> Array:
        trait, _ = KINDS[kind]
        lasting = getattr(self._parts.force.latent, trait)[:, None]
        level = np.where(serving, lasting * self._parts.tendencies.drift(trait), 0.0)
        total, count = np.zeros((self._roles, self._months)), np.zeros((self._roles, self._months))
        np.add.at(total, self._role, level)
        np.add.at(count, self._role, serving)
        peers = total / np.maximum(count, 1)
        served = np.maximum(count.sum(axis=1), 1)
        ordinary = np.maximum(self._rows[kind] / served, _LEAST_A_MONTH)
        relative: Array = level / np.maximum(peers[self._role], 1e-9)
        planted: Array = self._planted[kind] / ordinary[self._role][:, None]
        return relative + planted


class CellCounts:
    """What the true rates need of one cell: its ordinary rows by role, and whose planted rows fell in which month."""

    def __init__(self, force: Force, ordinary: CellRecords) -> None:
        roles = len(CONTRACT["posting"].column["role"].values)
        role = main_roles(force)
        self._force = force
        self.ordinary = {
            kind: np.bincount(role[ordinary.tables[table]["officer_id"]], minlength=roles).astype(np.float64)
            for kind, (_, table) in KINDS.items()
        }
        none = np.zeros(0, dtype=np.int64)
        self.planted: dict[str, tuple[Array, Array]] = dict.fromkeys(KINDS, (none, none))

    def plant(self, effect: Effect) -> None:
        """Count the rows that typologies added."""
        for kind, (_, table) in KINDS.items():
            pieces = [(person, day) for name, person, day in effect.owners if name == table]
            if pieces:
                person, day = (np.concatenate(part) for part in zip(*pieces, strict=True))
                month = ((day - self._force.start) / DAYS_A_MONTH).astype(np.int64)
                inside = (day >= self._force.start) & (day < self._force.end)
                self.planted[kind] = (person[inside], month[inside])


def main_roles(force: Force) -> Array:
    """Return the role of each person in the posting they held longest inside the world."""
    stints = force.stints
    length = (stints.last - stints.first + 1).clip(0)
    order = np.lexsort((np.arange(len(stints)), -length, stints.person))
    people, first = np.unique(stints.person[order], return_index=True)
    role = np.zeros(len(force.people), dtype=np.int64)
    role[people] = stints.role[order[first]]
    return role


def serving_months(force: Force, months: int) -> Array:
    """Return a mask of people by months: true where somebody serves in the middle of the month."""
    middle = force.start + ((np.arange(months) + 0.5) * DAYS_A_MONTH).astype(np.int64)
    stints = force.stints
    mask = np.zeros((len(force.people), months), dtype=bool)
    serves = (stints.first[:, None] <= middle) & (stints.last[:, None] >= middle) & (middle < force.end)
    np.logical_or.at(mask, stints.person, serves)
    return mask
