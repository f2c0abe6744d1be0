"""What is planted on top of ordinary life: typologies (a concern, with truth) and archetypes (an innocent look-alike).

Each is declared in one file of `typologies/` or `archetypes/`, found by scanning the folder. A pattern is planted
after the ordinary world exists, from streams of its own: it adds rows, alters some and removes some, and touches
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from data.arrays import Array
from data.calendar import day_number
from data.registry import declarations
from data.synthetic import keys
from data.synthetic.force import Force
from data.synthetic.layers.faults import DUPLICATE
from data.synthetic.rows import code
from data.synthetic.streams import Streams, sample
from data.synthetic.world import Planting, Plantings
from data.vocabulary import Concern

if TYPE_CHECKING:
    from data.synthetic.plot import Plot

MONTH = 30.4
_SHORTEST_POST = 60


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
class Pattern:
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
    plant: Callable[[Plot], None]
    subject: Literal["officer", "unit"] = "officer"


@dataclass(frozen=True)
class Involved:
    """Another person (by position) whom a typology is about as well: who does it, or whom it is done to.

    The truth names them too, under the concern that it is of theirs, with those of the pattern's rows that lie in
    `tables`: a flag of them is no flag of an innocent person.
    """

    person: int
    concern: Concern
    tables: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Typology(Pattern):
    """Conduct or a condition of concern; every row it adds or alters is written to the truth."""

    concern: Concern


@dataclass(frozen=True)
class Move:
    """One number that an archetype visibly raises (or lowers): an SQL aggregate over a table's rows of the subject."""

    table: str
    value: str = "count(*)"
    where: str = "true"
    up: bool = True


@dataclass(frozen=True, kw_only=True)
class Archetype(Pattern):
    """An innocent reason to look unusual. `moves` says what it visibly raises or lowers in the subject's rows."""

    moves: tuple[Move, ...]
    intensity: float = 1.0
    intensity_means: str = "multiple of what the archetype's file says"


@dataclass(frozen=True)
class Subject:
    """One subject of one pattern: a person or a team (by position), from one day to another, both inclusive."""

    pattern: Pattern
    cell: int
    member: int
    post: int
    first: int
    last: int
    intensity: float

    @cached_property
    def months(self) -> float:
        """The duration in months."""
        return (self.last - self.first + 1) / MONTH


@cache
def typologies() -> Mapping[str, Typology]:
    """Return every typology by name."""
    return MappingProxyType(declarations("data.synthetic.typologies", "TYPOLOGY", Typology))


@cache
def archetypes() -> Mapping[str, Archetype]:
    """Return every archetype by name."""
    return MappingProxyType(declarations("data.synthetic.archetypes", "ARCHETYPE", Archetype))


def assign(
    force: Force, patterns: Mapping[str, Pattern], settings: Plantings, streams: Streams
) -> dict[int, list[Subject]]:
    """Return the subjects of every pattern a world has, by cell.

    Each pattern chooses from streams of its own, without regard to the others, so that adding one changes no other's
    subjects; a person may hold several. A pattern with a share above zero has at least one subject.
    """
    keys.check_namespaces([*typologies(), *archetypes(), DUPLICATE])
    pools = {"officer": people_of(force), "unit": teams_of(force)}
    by_cell: dict[int, list[Subject]] = {}
    for name in settings.chosen(list(patterns)):
        pattern = patterns[name]
        for subject in _subjects(pattern, pools[pattern.subject], settings, streams.part(name)):
            by_cell.setdefault(subject.cell, []).append(subject)
    return by_cell


def _subjects(pattern: Pattern, pool: Candidates, settings: Plantings, streams: Streams) -> list[Subject]:
    own = settings.settings.get(pattern.name, Planting())
    share = (pattern.share if own.share is None else own.share) * settings.scale
    earliest = day_number(pattern.not_before) if pattern.not_before else pool.force.start
    begins, ends = _spans(pool)
    begins = np.maximum(begins, earliest)
    mask = pattern.eligible(pool) & (pool.days >= min(_SHORTEST_POST, pool.force.days)) & (begins <= ends)
    count = max(1, round(share * int(mask.sum()))) if share > 0 else 0
    chosen = sample(streams.draw("subjects"), mask.astype(np.float64), count)
    draw = streams.draw("course").random((len(mask), 3)) if len(chosen) else np.empty((0, 3))
    shortest, longest = own.months or pattern.months
    level = (pattern.intensity if own.intensity is None else own.intensity) * settings.intensity
    stints, structure = pool.force.stints, pool.force.structure
    subjects = []
    for member in chosen.tolist():
        post = int(pool.post[member])
        begin, end = int(begins[member]), int(ends[member])
        days = min(int((shortest + draw[member, 0] * (longest - shortest)) * MONTH), end - begin + 1)
        first = begin + int(draw[member, 1] * (end - begin + 2 - days))
        cell = int(stints.cell[post] if post >= 0 else structure.team_cell[member])
        intensity = level * float(0.75 + 0.5 * draw[member, 2])
        subjects.append(Subject(pattern, cell, member, post, first, first + days - 1, intensity))
    return subjects


def _spans(pool: Candidates) -> tuple[Array, Array]:
    """Return the first and last day each candidate could hold a pattern."""
    posted = pool.post >= 0
    first = np.where(posted, pool.force.stints.first[pool.post], pool.force.start)
    last = np.where(posted, pool.force.stints.last[pool.post], pool.force.end - 1)
    return first, last


def people_of(force: Force) -> Candidates:
    """Return everybody, each in the posting they held longest inside the world."""
    stints = force.stints
    days = (stints.last - stints.first + 1).clip(0)
    order = np.lexsort((np.arange(len(stints)), -days, stints.person))
    people, first = np.unique(stints.person[order], return_index=True)
    post = np.full(len(force.people), -1, dtype=np.int64)
    post[people] = order[first]
    return Candidates(
        force=force,
        post=post,
        role=stints.role[post],
        rank=stints.rank[post],
        workforce=force.people.workforce,
        service=(force.start - force.people.joined) / 365.25,
        days=np.where(post >= 0, days[post], 0),
    )


def teams_of(force: Force) -> Candidates:
    """Return every team; rank and service mean nothing for them."""
    teams = len(force.structure.team_unit)
    return Candidates(
        force=force,
        post=np.full(teams, -1),
        role=force.structure.team_role,
        rank=np.zeros(teams, dtype=np.int64),
        workforce=np.zeros(teams, dtype=np.int64),
        service=np.zeros(teams),
        days=np.full(teams, force.days),
    )
