"""How often each person leaves the rows of ordinary life: heavy-tailed, and alike within a person, a team and a month.

The logarithm of a person's rate of one nuisance, next to everybody's, is a sum of four normal terms: what the person
carries over all nuisances, what the team has in common, what the month has, and what is the person's own in this one.
The own term wanders from month to month as a stationary autoregression, so that past years tell less and less.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from data.arrays import Array
from data.synthetic.force import Force
from data.synthetic.streams import Streams
from data.synthetic.world import World

DAYS_A_MONTH = 365.25 / 12
"""Days in the month that rates are drawn for."""


class Tendencies:
    """The rates of every person, month by month, for one force."""

    def __init__(self, world: World, force: Force, streams: Streams) -> None:
        self.world = world
        self._force = force
        self._streams = streams.part("tendency")
        self._multiples: dict[str, Array] = {}

    @cached_property
    def months(self) -> int:
        """How many months the force has."""
        return int(self._force.days / DAYS_A_MONTH) + 1

    def month_of(self, day: Array) -> Array:
        """Return the month of each day, from 0; days outside the force's get the nearest."""
        nearest: Array = self._months_of_days.take(day - self._force.start, mode="clip")
        return nearest

    @cached_property
    def _months_of_days(self) -> Array:
        return np.minimum((np.arange(self._force.days + 1) / DAYS_A_MONTH).astype(np.int64), self.months - 1)

    def multiples(self, name: str) -> Array:
        """Return each person's rate of a nuisance next to everybody's: people by months, with mean 1."""
        if name not in self._multiples:
            self._multiples[name] = self._drawn_multiples(name)
        return self._multiples[name]

    def _drawn_multiples(self, name: str) -> Array:
        world, spread = self.world, self.world.draw(f"spread/{name}")
        shares = {part: world.draw(f"correlation/{part}") for part in ("person", "team", "month")}
        month = self._streams.draw(name, "month").normal(size=self.months)
        own = wandering(self._streams.draw(name, "own"), len(self._force.people), self.months, world)
        level = np.sqrt(1 - sum(shares.values())) * own
        level += (np.sqrt(shares["person"]) * self._person + np.sqrt(shares["team"]) * self._team)[:, None]
        level += np.sqrt(shares["month"]) * month
        # A log-normal of this spread has mean exp(spread^2 / 2): without it a larger spread would mean more rows.
        multiples: Array = np.exp(spread * level - spread**2 / 2).astype(np.float32)
        return multiples

    @cached_property
    def _person(self) -> Array:
        return self._streams.draw("person").normal(size=len(self._force.people))

    @cached_property
    def _team(self) -> Array:
        """The term of the team of each person's first posting."""
        stints = self._force.stints
        order = np.lexsort((stints.started, stints.person))
        people, first = np.unique(stints.person[order], return_index=True)
        team = np.zeros(len(self._force.people), dtype=np.int64)
        team[people] = stints.team[order[first]]
        return self._streams.draw("team").normal(size=len(self._force.structure.team_unit))[team]

    def of_team(self, work: str) -> Array:
        """Return how much of a kind of work each team leaves next to others of its role, with mean 1 over posts."""
        key = f"team/{work}"
        if key not in self._multiples:
            structure = self._force.structure
            spread = self.world.draw("posting/team_spread")
            level = np.exp(spread * self._streams.draw(key).normal(size=len(structure.team_size)))
            self._multiples[key] = level / np.average(level, weights=structure.team_size)
        return self._multiples[key]

    def drift(self, trait: str) -> Array:
        """Return how a lasting trait wanders: a multiple for each person and month, with mean 1 over people."""
        key = f"drift/{trait}"
        if key not in self._multiples:
            spread = self.world.draw("drift/spread")
            level = wandering(self._streams.draw(key), len(self._force.people), self.months, self.world)
            self._multiples[key] = np.exp(spread * level - spread**2 / 2).astype(np.float32)
        return self._multiples[key]


def wandering(draw: np.random.Generator, people: int, months: int, world: World) -> Array:
    """Return standard normal numbers, people by months, that forget the drawn share within a year.

    A stationary autoregression of order one: with `f` forgotten in a year, neighbouring months correlate by
    (1 - f) ** (1 / 12).
    """
    keep = (1 - world.draw("drift/forgetting")) ** (1 / 12)
    level = draw.normal(size=(months, people)).astype(np.float32)
    for month in range(1, months):
        level[month] = keep * level[month - 1] + np.sqrt(1 - keep**2) * level[month]
    return np.ascontiguousarray(level.T)
