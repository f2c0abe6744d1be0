"""Nuisances: the rows that ordinary life leaves and that a rule or an indicator looks for.

Each is declared in one file of `nuisances/`, found by scanning the folder, with a prior of its name under `[rate]` in
`priors.toml`. Nobody's row of this kind is of concern.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np

from data.arrays import Array
from data.registry import declarations
from data.synthetic.cell_records import CellRecords
from data.synthetic.rows import MINUTES, Rows
from data.synthetic.tendencies import DAYS_A_MONTH, Tendencies

_MOST = 0.9
"""The highest chance that a row is touched: nobody is careless every time."""


@dataclass(frozen=True)
class Tendency:
    """One nuisance in the records of one cell: its rate for each person and month, and its random streams."""

    name: str
    cell: CellRecords
    force_tendencies: Tendencies

    def draw(self, *purpose: str | int) -> np.random.Generator:
        """Return the stream of the nuisance for a purpose in this cell."""
        return self.cell.draw("nuisance", self.name, *purpose)

    @property
    def rate(self) -> float:
        """How often the nuisance happens on average, in the unit of its prior."""
        return self.cell.world.draw(f"rate/{self.name}")

    @property
    def size(self) -> float:
        """How many rows one cause leaves on average."""
        return self.cell.world.draw(f"size/{self.name}")

    def chances(self, person: Array, day: Array) -> Array:
        """Return the chance of the nuisance for each row, by whose it is and when."""
        tendencies = self.force_tendencies
        place = person * tendencies.months + tendencies.month_of(day)
        chances: Array = self.rate * tendencies.multiples(self.name).ravel().take(place)
        return np.minimum(chances, _MOST)

    def hits(self, person: Array, day: Array) -> Array:
        """Return a mask of the rows that the nuisance touches."""
        mask: Array = self.draw("hits").random(len(person), dtype=np.float32) < self.chances(person, day)
        return mask

    def touched(self, data: Rows, among: Array | None = None) -> Array:
        """Return the positions of the rows that the nuisance touches, of those under a mask if one is given.

        Nothing is drawn for other rows.
        """
        person, moment = data["officer_id"], data.time()
        if among is None:
            return np.flatnonzero(self.hits(person, moment // MINUTES))
        at = np.flatnonzero(among)
        selection: Array = at[self.hits(person.take(at), moment.take(at) // MINUTES)]
        return selection

    def episodes(self, people: Array) -> tuple[Array, Array]:
        """Return who has an episode, which the rate counts a person and year, and the day on which each begins."""
        tendencies, draw = self.force_tendencies, self.draw("episodes")
        expected = self.rate * (DAYS_A_MONTH / 365.25) * tendencies.multiples(self.name)[people]
        place, month = np.nonzero(number := draw.poisson(expected))
        each = number[place, month]
        place, month = np.repeat(place, each), np.repeat(month, each)
        day = self.cell.force.start + ((month + draw.random(len(month))) * DAYS_A_MONTH).astype(np.int64)
        inside = day < self.cell.force.end
        return people[place[inside]], day[inside]

    def counts(self, size: int) -> Array:
        """Return how many further rows each of `size` causes leaves: geometric, with the drawn mean, at least one."""
        return self.draw("counts").geometric(1 / max(self.size, 1.0), size)


@dataclass(frozen=True, kw_only=True)
class Nuisance:
    """One kind of row that ordinary life leaves.

    `serves` names the rules and indicators that look for such rows. `leave` writes them to the records of a cell,
    before anything is recorded: through `Tendency` it knows how often each person does so.
    """

    name: str
    summary: str
    serves: tuple[str, ...]
    leave: Callable[[Tendency], None]


@cache
def nuisances() -> Mapping[str, Nuisance]:
    """Return every nuisance by name."""
    return MappingProxyType(declarations("data.synthetic.nuisances", "NUISANCE", Nuisance))
