"""The records of one cell of the force while they are made. Everything that happens in a cell stays in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from data.arrays import Array
from data.synthetic import keys
from data.synthetic.force import Force
from data.synthetic.rows import Rows, joined, rows
from data.synthetic.streams import Streams
from data.synthetic.tendencies import Tendencies
from data.synthetic.world import World

COPIED = ("complaint", "use_of_force", "stop_search", "expense", "grievance")
"""Tables of which some rows are recorded twice: they keep the number that their ids were made from."""

BIG_EVENT = 0.2
"""How strongly a day must draw officers to public events to count as a big event."""


@dataclass(frozen=True)
class Calendar:
    """Who is away when: every spell of absence in the force, and a grid of people by days that is 1 while away."""

    spells: Rows
    away: Array
    aid_days: Array
    holidays: Array

    @property
    def costly(self) -> Array:
        """A mask of the days on which extra tours pay best: bank holidays and big public events."""
        mask: Array = (self.holidays == 1) | (self.aid_days >= BIG_EVENT)
        return mask


@dataclass
class CellRecords:
    """The records of one cell, table by table, as the layers add them.

    `posts` are the positions of the cell's postings in `force.stints`; `home` are the people whose first posting is
    here: what belongs to a person rather than a posting (absences, declarations, ...) is made in their home cell.
    `matters` names the officer of each matter that somebody could complain of, reported or not.
    """

    world: World
    force: Force
    calendar: Calendar
    number: int
    posts: Array
    home: Array
    streams: Streams
    tendencies: Tendencies
    tables: dict[str, Rows] = field(default_factory=dict)
    matters: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int32))

    def draw(self, *purpose: str | int) -> np.random.Generator:
        """Return the stream for a purpose in this cell."""
        return self.streams.draw(*purpose)

    def trait(self, name: str, person: Array, day: Array) -> Array:
        """Return a lasting trait of each person as it stands on a day: it wanders."""
        lasting: Array = getattr(self.force.latent, name).take(person)
        place = person * self.tendencies.months + self.tendencies.month_of(day)
        return lasting * self.tendencies.drift(name).ravel().take(place)

    def role_rates(self, work: str, value: float, weights: dict[str, float], *, among: str = "officers") -> Array:
        """Return yearly rates by role as `role_rates` does, with what each role has of a kind of work in this force."""
        own = {role: weight * self.world.draw(f"work/{work}/{role}") for role, weight in weights.items()}
        return role_rates(self.force, value, own, among=among)

    def add(self, table: str, *, number: Array | None = None, **columns: Array) -> Rows:
        """Add ordinary rows to a table and give them their ids, by `number`, or else by position.

        Rows that only some worlds have, such as reported ones, need a number that does not depend on the others.
        """
        new = rows(table, **columns)
        key = new.table.key or ""
        offset = len(self.tables[table]) if table in self.tables else 0
        number = np.arange(offset, offset + len(new)) if number is None else number
        new = new.with_columns(
            **{key: keys.ordinary(seed=self.world.seed, table=table, cell=self.number, number=number)}
        )
        if table in COPIED:
            new = new.with_columns(_number=number)
        self.tables[table] = joined([self.tables[table], new]) if offset else new
        return new

    def set_columns(self, table: str, **columns: Array) -> None:
        """Add or replace columns of a table."""
        self.tables[table] = self.tables[table].with_columns(**columns)

    @property
    def world_streams(self) -> Streams:
        """The streams of the whole world; a pattern's belong to its subject, not to a cell."""
        return Streams(self.world.seed, "planted")

    @cached_property
    def gaps(self) -> Array:
        """First and last day of each gap in the look-up log of the cell."""
        return self._windows("faults/gaps", self.world.recording.audit_gaps, (1, 7))

    @cached_property
    def fast_clocks(self) -> Array:
        """First and last day of each spell in which the cell's clocks were an hour fast."""
        return self._windows("faults/clocks", self.world.recording.clock_errors, (7, 8))

    def _windows(self, purpose: str, a_year: float, length: tuple[int, int]) -> Array:
        draw = self.draw(purpose)
        count = int(draw.poisson(a_year * self.years))
        first = self.force.start + draw.integers(0, self.force.days, count)
        return np.stack([first, first + draw.integers(*length, count) - 1], axis=1)

    @cached_property
    def people(self) -> Array:
        """Everybody with a posting in the cell, in order of position."""
        return np.unique(self.force.stints.person[self.posts])

    @property
    def years(self) -> float:
        """The length of the world in years."""
        return self.force.days / 365.25


def by_role(weights: dict[str, float], *, default: float = 0.0) -> Array:
    """Return role weights as an array in the contract's order of roles.

    Example:
        >>> by_role({"response": 2.0})[:2].tolist()
        [2.0, 0.0]
    """
    from data.contract import CONTRACT

    return np.array([weights.get(role, default) for role in CONTRACT["posting"].column["role"].values])


def role_rates(force: Force, value: float, weights: dict[str, float], *, among: str = "officers") -> Array:
    """Return yearly rates by role that are proportional to the weights and average `value` in the force.

    The average is over posting time, of officers, constables, or everybody; part-time people count for their share.
    """
    table = by_role(weights)
    worked, served = force.served_by_role[among]
    rates: Array = value * table / ((table * worked).sum() / served.sum())
    return rates
