"""The one rule by which counts of people are published: in fives, small ones together, and nothing to subtract.

Rule. A count is published as the five numbers that it is one of: 0 to 4, 5 to 9, 10 to 14, and so on. So no count under
five can be told from none. Groups of fewer than 20 people are put together. Every total is published by the same rule
from the same people. Then an attack is computed: what a reader can conclude of each count from all tables of the same
people together, by adding and subtracting. A table is withheld while any count could be narrowed to fewer than three
numbers, or a count under five be told from none, or nearly everybody in a group be counted.

Sources, and whether their words were seen when this was written (November 2026). Rounding to multiples of five, so
that small counts cannot be told from none: Ofqual, Rounding policy (updated 30 October 2025: seen; it shows 1 to 4 as
"fewer than 5"); NHS Digital, disclosure control for Hospital Episode Statistics from September 2018 (seen in part,
and in a copy: counts of 1 to 7 are not shown below the national level, others are rounded to five); Higher Education
Statistics Agency, Rounding and suppression to anonymise statistics (that there is such a page: seen; its words: not
seen). The attack is that against complementary suppression: bounds for cells that are not published, from the sums
that are. The R package sdcTable computes such bounds as "the attacker's problem" (its documentation of `attack`: seen),
after the Handbook on Statistical Disclosure Control (Hundepool et al., second edition, August 2024; its title page and
introduction: seen, its chapter on tables: not seen). Bands are ranges and not rounded numbers, so that nobody reads
them as exact; that, groups of 20 and three possible numbers are choices of this project.

It does not protect against a reader who holds two publications over nearly the same people: publish a period once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 5
"""How many numbers a published count may be one of."""

SMALLEST_GROUP: Final = 20
"""Groups with fewer people are put together."""

POSSIBLE: Final = 3
"""So many numbers at least must stay possible for every count, whatever a reader adds and subtracts."""

TOGETHER: Final = "small groups together"
"""The group of all groups that are too small to stand alone."""

PeopleByGroup = Mapping[str, int]


@dataclass(frozen=True, order=True)
class Band:
    """The numbers that a count may be, both ends included.

    Example:
        >>> Band.of(3), str(Band.of(12))
        (Band(low=0, high=4), '10 to 14')
    """

    low: int
    high: int

    @classmethod
    def of(cls, count: int) -> Band:
        """Return the band in which a count is published."""
        low = count // WIDTH * WIDTH
        return cls(low, low + WIDTH - 1)

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"

    def both(self, other: Band) -> Band:
        """Return what two statements about one number leave possible."""
        return Band(max(self.low, other.low), min(self.high, other.high))


@dataclass(frozen=True)
class PublishedTables:
    """What is published of one set of people: their number, and tables of groups that they fall into.

    A group has the band of those counted, and of all people in it, None where that is not known. `total` is None where
    nothing may be said; `withheld` names the tables that are not published.
    """

    total: Band | None
    tables: Mapping[str, Mapping[str, tuple[Band, Band | None]]]
    withheld: tuple[str, ...]


def publishable(
    counted: Mapping[str, PeopleByGroup], everybody: Mapping[str, PeopleByGroup] | None = None
) -> PublishedTables:
    """Return what may be published of a set of people: the rule of this module, and the only way to it.

    `counted` has, for each table, how many of the same people fall into each group; every table counts all of them
    once. `everybody` has, by table and group, how many people could have been counted.

    Raises:
        ValueError: the tables do not count the same people.

    Example:
        >>> published = publishable({"sex": {"female": 12, "male": 61}})
        >>> str(published.total), str(published.tables["sex"]["female"][0])
        ('70 to 74', '10 to 14')
    """
    totals = {sum(counts.values()) for counts in counted.values()}
    if len(totals) > 1:
        raise ValueError(f"the tables count {sorted(totals)} people")
    bases = everybody or {}
    merged = {name: _merged(counts, bases.get(name)) for name, counts in counted.items()}
    tables = {
        name: {group: (Band.of(n), None if base is None else Band.of(base)) for group, (n, base) in groups.items()}
        for name, groups in merged.items()
    }
    withheld = [name for name, groups in merged.items() if _tells_of_everybody(groups)]
    total: Band | None = Band.of(next(iter(totals), 0))
    while True:
        held = {name: table for name, table in tables.items() if name not in withheld}
        open_to_attack = _narrowed(total, held)
        if not open_to_attack:
            return PublishedTables(total, held, tuple(sorted(withheld)))
        if len(held) > 1 or total is None:
            withheld.append(max(open_to_attack, key=lambda name: (open_to_attack[name], name)))
        else:
            total = None


def feasible(
    total: Band | None, tables: Mapping[str, Mapping[str, tuple[Band, Band | None]]]
) -> dict[str, dict[str, Band]]:
    """Return what a reader can conclude of each count from everything that is published of the same people.

    Every table adds up to the same number, which lies in the total's band where that is published. With one sum a table
    and one number shared by all, these bounds are exact: each number in them occurs in some force that fits.
    """
    shared = total or Band(0, 10**12)
    for table in tables.values():
        shared = shared.both(_sum(table))
    bounds: dict[str, dict[str, Band]] = {}
    for name, table in tables.items():
        whole = _sum(table)
        bounds[name] = {
            group: band.both(Band(shared.low - (whole.high - band.high), shared.high - (whole.low - band.low)))
            for group, (band, _) in table.items()
        }
    return bounds


def _sum(table: Mapping[str, tuple[Band, Band | None]]) -> Band:
    return Band(sum(band.low for band, _ in table.values()), sum(band.high for band, _ in table.values()))


def _narrowed(total: Band | None, tables: Mapping[str, Mapping[str, tuple[Band, Band | None]]]) -> dict[str, int]:
    """Return, for each table with counts of which too much can be concluded, how many these are."""
    narrow = {
        name: sum(
            bound.high - bound.low + 1 < POSSIBLE or (tables[name][group][0].low == 0 and bound.low > 0)
            for group, bound in bounds.items()
        )
        for name, bounds in feasible(total, tables).items()
    }
    return {name: number for name, number in narrow.items() if number}


def _merged(counts: PeopleByGroup, bases: PeopleByGroup | None) -> dict[str, tuple[int, int | None]]:
    """Return a table's groups with counts and people, those of too few people put together."""
    if bases is None:
        return {group: (number, None) for group, number in sorted(counts.items())}
    merged: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for group in sorted({*counts, *bases}):
        name = group if bases.get(group, 0) >= SMALLEST_GROUP else TOGETHER
        number, base = merged[name]
        merged[name] = (number + counts.get(group, 0), base + bases.get(group, 0))
    return dict(merged)


def _tells_of_everybody(groups: Mapping[str, tuple[int, int | None]]) -> bool:
    """Return whether a group is too small even together, or nearly everybody in it is counted."""
    return any(
        base is not None and (base < SMALLEST_GROUP or Band.of(base).low - Band.of(number).high < WIDTH)
        for number, base in groups.values()
    )
