"""Peer groups: whom a subject is compared with, and what happens when there are too few of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

SMALLEST_GROUP: Final = 40
"""A group with fewer subjects gives way to a wider one: below this, one heavy tail sets the group's spread."""

LEVELS: Final[tuple[tuple[str, ...], ...]] = (("role", "rank", "area_id"), ("role", "rank"), ("role",), ())
"""From the narrowest peer group to everybody."""

ROLELESS: Final[tuple[tuple[str, ...], ...]] = (("rank", "team_id"), ("rank", "area_id"), ("rank",), ("team_id",), ())
"""The same where nobody's role is recorded, as in public releases."""

RANKLESS: Final[tuple[tuple[str, ...], ...]] = (("team_id",), ("area_id",), ())
"""The same where neither role nor rank is recorded for anybody."""


@dataclass(frozen=True)
class PeerGroups:
    """The peer group of every subject, in the subjects' order, and each group's size.

    `small_groups` holds, for each subject, the narrower groups with too few members for a peer group, from wide to
    narrow: what is usual in them still adjusts what is expected (see `models.nulls.small_groups`).
    """

    labels: tuple[str, ...]
    sizes: dict[str, int]
    small_groups: tuple[tuple[str, ...], ...] = ()

    def take(self, at: Iterable[int]) -> PeerGroups:
        """Return the groups of the subjects at these positions, with the sizes of the whole force."""
        places = list(at)
        small_groups = tuple(self.small_groups[n] for n in places) if self.small_groups else ()
        return PeerGroups(tuple(self.labels[n] for n in places), self.sizes, small_groups)


def peer_groups(
    subjects: pa.Table,
    *,
    smallest: int = SMALLEST_GROUP,
    levels: tuple[tuple[str, ...], ...] | None = None,
) -> PeerGroups:
    """Give each subject the narrowest group, by role, rank and area, that has enough subjects.

    Unless levels are given they follow from what is recorded: by rank and team where nobody has a role, by team where
    nobody has a rank either.

    A subject with an unknown attribute skips the levels that need it. The size of a group counts everybody who fits
    its description, also those who are compared within a narrower one. The last level is the whole force.

    Example:
        >>> few = pa.table({"role": ["custody", "custody"], "rank": ["constable"] * 2, "area_id": [1, 2]})
        >>> peer_groups(few, smallest=2).labels
        ('role=custody rank=constable', 'role=custody rank=constable')
    """
    levels = _levels(subjects) if levels is None else levels
    names = list(dict.fromkeys(["role", "rank", "area_id", *(name for level in levels for name in level)]))
    rows = list(zip(*(subjects[name].to_pylist() for name in names), strict=True))
    # Many subjects stand in the same place: what follows from where somebody stands is worked out once for all of them.
    places = Counter(rows)
    described = {row: [_label(dict(zip(names, row, strict=True)), level) for level in levels] for row in places}
    sizes = Counter[str]()
    for row, number in places.items():
        sizes.update({label: number for label in described[row] if label is not None})
    chosen = {row: _narrowest(labels, sizes, smallest) for row, labels in described.items()}
    finer = {row: _finer(labels, chosen[row]) for row, labels in described.items()}
    labels = tuple(chosen[row] for row in rows)
    return PeerGroups(labels, {label: sizes[label] for label in sorted(set(labels))}, tuple(finer[row] for row in rows))


def _levels(subjects: pa.Table) -> tuple[tuple[str, ...], ...]:
    recorded = {name: subjects[name].null_count < len(subjects) for name in ("role", "rank")}
    if recorded["role"] or not {"team_id", "subject_id"} <= set(subjects.column_names):
        return LEVELS
    # Units have no rank and would be compared with nobody by their team: they are it.
    if subjects["team_id"].equals(subjects["subject_id"]):
        return LEVELS
    return ROLELESS if recorded["rank"] else RANKLESS


def _finer(labels: list[str | None], chosen: str) -> tuple[str, ...]:
    narrower = labels[: labels.index(chosen)] if chosen in labels else labels
    return tuple(label for label in reversed(narrower) if label is not None)


def _label(row: dict[str, object], level: tuple[str, ...]) -> str | None:
    if any(row[name] is None for name in level):
        return None
    return " ".join(f"{name.removesuffix('_id')}={row[name]}" for name in level) or "everybody"


def _narrowest(labels: list[str | None], sizes: Counter[str], smallest: int) -> str:
    enough = [label for label in labels if label is not None and sizes[label] >= smallest]
    return enough[0] if enough else "everybody"
