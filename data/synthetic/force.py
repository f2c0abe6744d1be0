"""The force that a world's records are about: its units, its people, where they serve, and what nobody records."""

from __future__ import annotations

from dataclasses import dataclass

from data.synthetic.streams import Array


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

    `complaints`, `force` and `cases` are heavy-tailed; `office` is the share of hybrid days spent in the office;
    `badge` is the chance that an entry to a site is not recorded.
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
    badge: Array


@dataclass(frozen=True)
class Force:
    """The whole force."""

    structure: Structure
    people: People
    stints: Stints
    latent: Latent
    start: int
    end: int

    @property
    def days(self) -> int:
        """The number of days of the world; `end` is the first day after it."""
        return self.end - self.start
