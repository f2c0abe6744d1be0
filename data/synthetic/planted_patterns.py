"""What is planted on top of ordinary life: typologies (a concern, with truth) and archetypes (an innocent look-alike).

Each is declared in one file of `typologies/` or `archetypes/`, found by scanning the folder. A pattern is planted
after the ordinary world exists, from streams of its own: it adds rows, alters some and removes some, and touches
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Literal

import numpy as np

from data.arrays import Array
from data.registry import declarations
from data.synthetic.benchmark import Benchmark
from data.synthetic.force import Force
from data.synthetic.rows import code
from data.synthetic.subject_records import SubjectRecords
from data.vocabulary import Concern


@dataclass(frozen=True)
class Candidates:
    """Who could be the subject of a pattern: people (each in the posting they held longest) or teams."""

    force: Force
    post: Array
    role: Array
    rank: Array
    workforce: Array
    service: Array
    days: Array

    def roles(self, *names: str) -> Array:
        """Return a mask of those in the given roles."""
        return np.isin(self.role, [code("posting", "role", name) for name in names])

    def ranks(self, *names: str) -> Array:
        """Return a mask of those of the given ranks."""
        return np.isin(self.rank, [code("posting", "rank", name) for name in names])

    @property
    def officers(self) -> Array:
        """A mask of the regular officers."""
        mask: Array = self.workforce == code("officer", "workforce", "officer")
        return mask


@dataclass(frozen=True, kw_only=True)
class PlantedPattern:
    """A pattern that a world may hold.

    `share` is the share of eligible subjects, `months` the shortest and longest duration, `intensity` what
    `intensity_means` says. `eligible` gives a mask of candidates; `plant` writes the rows of one subject. Nothing is
    planted before `not_before`, the first day of the rule that the pattern is about.
    """

    name: str
    summary: str
    basis: str
    share: float
    months: tuple[float, float]
    intensity: float
    intensity_means: str
    eligible: Callable[[Candidates], Array]
    not_before: date | None = None
    plant: Callable[[SubjectRecords], None]
    subject: Literal["officer", "unit"] = "officer"


@dataclass(frozen=True, kw_only=True)
class Typology(PlantedPattern):
    """Conduct or a condition of concern; every row it adds or alters is written to the truth.

    `benchmark` says what is ordinary for peers: the intensity is a multiple of it. Without one, the
    intensity of the file is that of a subject whose multiple is the median.
    """

    concern: Concern
    benchmark: Benchmark | None = None


@dataclass(frozen=True)
class Move:
    """One number that an archetype visibly raises (or lowers): an SQL aggregate over a table's rows of the subject."""

    table: str
    value: str = "count(*)"
    where: str = "true"
    up: bool = True


@dataclass(frozen=True, kw_only=True)
class Archetype(PlantedPattern):
    """An innocent reason to look unusual.

    `moves` says what it visibly raises or lowers in the subject's rows, `told_by` which records could tell it from a
    concern: of the contract, or ones that no table of it holds.
    """

    moves: tuple[Move, ...]
    told_by: str
    intensity: float = 1.0
    intensity_means: str = "multiple of what the archetype's file says"


@cache
def typologies() -> Mapping[str, Typology]:
    """Return every typology by name."""
    return MappingProxyType(declarations("data.synthetic.typologies", "TYPOLOGY", Typology))


@cache
def archetypes() -> Mapping[str, Archetype]:
    """Return every archetype by name."""
    return MappingProxyType(declarations("data.synthetic.archetypes", "ARCHETYPE", Archetype))
