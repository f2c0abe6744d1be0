"""The force that a world's records are about: its units, its people, where they serve, and what nobody records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic.rows import code


@dataclass(frozen=True)
class Structure:
    """The units of the force. Unit ids are positions plus one; teams come last."""

    names: tuple[str, ...]
    kinds: Array
    parents: Array
    borough_units: Array
    area_unit: Array
    area_busy: Array
    team_unit: Array
    team_area: Array
    team_role: Array
    team_size: Array
    team_cell: Array

    @property
    def cells(self) -> int:
        """How many cells the force is made in."""
        return int(self.team_cell.max()) + 1


@dataclass(frozen=True)
class People:
    """Everybody the force employs at some time in the world, by position; days count from 1970-01-01."""

    officer_id: Array
    workforce: Array
    joined: Array
    left: Array
    sex: Array
    ethnicity: Array
    age_band: Array
    disability: Array
    religion: Array
    carer: Array

    def __len__(self) -> int:
        return len(self.officer_id)


@dataclass(frozen=True)
class Stints:
    """Who served in which team from when to when: one row a posting, sorted by cell, person and start.

    `first` and `last` are the days of the posting inside the world, both inclusive; `started` and `ended` are as
    recorded, with NO_TIME for a posting that lasts.
    """

    person: Array
    team: Array
    rank: Array
    role: Array
    fte: Array
    supervisor: Array
    started: Array
    ended: Array
    first: Array
    last: Array
    cell: Array

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class Latent:
    """What each person is like, which no record says. Each is a multiple of the average unless noted.

    `complaints`, `force` and `cases` are heavy-tailed; `office` is the share of hybrid days spent in the office.
    """

    complaints: Array
    force: Array
    cases: Array
    sickness: Array
    overtime: Array
    lookups: Array
    searches: Array
    edits: Array
    office: Array


@dataclass(frozen=True)
class Force:
    """The whole force."""

    structure: Structure
    people: People
    stints: Stints
    latent: Latent
    start: int
    end: int

    @cached_property
    def served_by_role(self) -> Mapping[str, tuple[Array, Array]]:
        """Days worked (part-time days count for their share) and days served by role, of three groups of people."""
        stints = self.stints
        served = (stints.last - stints.first + 1).clip(0) * 1.0
        members = {
            "officers": stints.rank != code("posting", "rank", "staff"),
            "constables": stints.rank == code("posting", "rank", "constable"),
            "people": np.ones(len(stints), dtype=bool),
        }
        roles = len(CONTRACT["posting"].column["role"].values)
        return {
            name: (
                np.bincount(stints.role, served * stints.fte * member, minlength=roles),
                np.bincount(stints.role, served * member, minlength=roles),
            )
            for name, member in members.items()
        }

    @cached_property
    def home_cell(self) -> Array:
        """The cell of each person's first posting."""
        stints = self.stints
        order = np.lexsort((stints.started, stints.person))
        people, first = np.unique(stints.person[order], return_index=True)
        cell = np.full(len(self.people), -1, dtype=np.int64)
        cell[people] = stints.cell[order[first]]
        return cell

    @cached_property
    def planners(self) -> Array:
        """The people who plan rosters for the force: about one in a hundred, staff at headquarters."""
        stints = self.stints
        staff = stints.role == code("posting", "role", "headquarters")
        staff &= stints.rank == code("posting", "rank", "staff")
        # Only those in post for the whole world: a planner who has left cannot edit.
        staff &= (stints.first == self.start) & (stints.last == self.end - 1)
        planners = np.unique(stints.person[staff])
        return planners[: max(1, len(self.people) // 100)] if len(planners) else stints.person[:1]

    @property
    def days(self) -> int:
        """The number of days of the world; `end` is the first day after it."""
        return self.end - self.start
