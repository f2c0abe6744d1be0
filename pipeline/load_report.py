"""The load report: the files that were read, the rows of each table, and the constraints that rows violate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from data.date_precision import Precision
from data.source import Bending, InputFile


@dataclass(frozen=True)
class TableCount:
    """How many rows of a table came in, were loaded and were quarantined."""

    table: str
    rows_in: int
    loaded: int
    quarantined: int


@dataclass(frozen=True)
class ConstraintCount:
    """How many rows of a table violate one constraint.

    `rejects` says whether such a row is left out. `expectation` is the result of the equivalent Great Expectations
    expectation as plain data, empty where it was not asked.
    """

    table: str
    constraint: str
    requirement: str
    rejects: bool
    violations: int
    expectation: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadReport:
    """What loading read, how many rows remain of each table, and what a reader should know.

    `absent` names the tables that were wanted and that the records do not hold. `bendings` are ways of writing that are
    not the contract's and were read, `coarse` the columns known by month or year, and `crosswalk` the texts of ids that
    were given numbers, by what they are ids of: number n stands for the nth.
    `sampled` says of which tables a part was loaded, with the number of rows that their files hold.
    """

    source: str
    inputs: tuple[InputFile, ...]
    counts: tuple[TableCount, ...]
    absent: tuple[str, ...]
    notes: tuple[str, ...]
    constraints: tuple[ConstraintCount, ...]
    bendings: tuple[Bending, ...] = ()
    coarse: Mapping[tuple[str, str], Precision] = field(default_factory=dict)
    crosswalk: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sampled: Mapping[str, int] = field(default_factory=dict)

    @property
    def present(self) -> frozenset[str]:
        """The names of the tables that were loaded."""
        return frozenset(count.table for count in self.counts)

    @property
    def violations(self) -> dict[tuple[str, str], int]:
        """How many rows violate each constraint, by table and constraint, without those that no row violates."""
        return {(c.table, c.constraint): c.violations for c in self.constraints if c.violations}
