"""Whom a pattern is planted in, from when to when, and whom else it is about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from data.vocabulary import Concern

MONTH = 30.4
"""Days in a month."""


@dataclass(frozen=True)
class Involved:
    """Another person (by position) whom a typology is about as well: who does it, or whom it is done to.

    The truth names them too, under the concern that it is of theirs, with those of the pattern's rows that lie in
    `tables`: a flag of them is no flag of an innocent person.
    """

    person: int
    concern: Concern
    tables: tuple[str, ...]


@dataclass(frozen=True)
class PlantedSubject:
    """One subject of one pattern: a person or a team (by position), from one day to another, both inclusive.

    `name` is the pattern's; `concern` is empty for an archetype. `multiple` is how often the subject of a typology does
    what peers ordinarily do; 0 for an archetype, whose intensity is the pattern's own.
    """

    name: str
    kind: Literal["officer", "unit"]
    concern: Concern | Literal[""]
    cell: int
    member: int
    post: int
    first: int
    last: int
    intensity: float
    multiple: float = 0.0

    @cached_property
    def months(self) -> float:
        """The duration in months."""
        return (self.last - self.first + 1) / MONTH
