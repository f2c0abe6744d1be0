"""What a detector sees: subjects, their peer groups, and the values of the indicators that may feed one concern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from data.arrays import Bools, Floats, Ids, Positions
from data.vocabulary import Concern, SubjectKind
from features.indicator import Indicator
from features.table import OK, Cells, FeatureTable
from models.peers import PeerGroups


@dataclass(frozen=True)
class Series:
    """One indicator over one window, with its declaration.

    Example:
        >>> from features.indicators import indicators
        >>> rows, served = np.array([0, 3]), np.array([200.0, 200.0])
        >>> cells = Cells("complaints", 365, rows.astype(float), served, rows, np.full(2, OK, np.int8))
        >>> Series(indicators()["complaints"], cells).take(np.array([1])).cells.value.tolist()
        [3.0]
    """

    indicator: Indicator
    cells: Cells

    @property
    def key(self) -> tuple[str, int]:
        """The indicator's name and the window."""
        return self.indicator.name, self.cells.window

    @property
    def ok(self) -> Bools:
        """For which subjects the value can be used."""
        return np.equal(self.cells.status, OK)

    @property
    def partial(self) -> Bools:
        """Of which subjects only part of the window could be seen."""
        partial = self.cells.partial
        return np.zeros(len(self.cells.value), dtype=np.bool_) if partial is None else partial

    def take(self, at: Positions) -> Series:
        """Return the series of the subjects at these positions."""
        c = self.cells
        partial = None if c.partial is None else c.partial[at]
        cells = Cells(c.indicator, c.window, c.value[at], c.exposure[at], c.n_rows[at], c.status[at], partial, c.days)
        return Series(self.indicator, cells)


@dataclass(frozen=True)
class Panel:
    """What a detector sees: the subjects, whom each is compared with, and the values that may feed one concern.

    `days_posted` says for how many days each subject's present posting has lasted, NaN where that is not known.

    Example:
        >>> peers = PeerGroups(("custody", "response"), {"custody": 50, "response": 300})
        >>> panel = Panel("officer", date(2026, 1, 1), "standards", np.array([7, 9]), peers, ())
        >>> panel.group_of.tolist(), panel.take(np.array([1])).ids.tolist()
        ([0, 1], [9])
    """

    kind: SubjectKind
    as_of: date
    concern: Concern
    ids: Ids
    peers: PeerGroups
    series: tuple[Series, ...]
    days_posted: Floats | None = None

    @cached_property
    def group_names(self) -> tuple[str, ...]:
        """The labels of the peer groups there are, in alphabetical order."""
        return tuple(sorted(set(self.peers.labels)))

    @cached_property
    def group_of(self) -> Positions:
        """The number of each subject's peer group, a position in `group_names`."""
        number = {name: at for at, name in enumerate(self.group_names)}
        return np.array([number[label] for label in self.peers.labels], dtype=np.intp)

    def group_positions(self, names: Sequence[str]) -> Positions:
        """Return the position of each subject's peer group among the names of another panel's; -1 where it has none."""
        position = {name: at for at, name in enumerate(names)}
        own = np.array([position.get(name, -1) for name in self.group_names], dtype=np.intp)
        return own[self.group_of] if len(own) else np.empty(0, dtype=np.intp)

    @cached_property
    def small_groups(self) -> tuple[tuple[tuple[str, ...], Positions], ...]:
        """Groups too small to be peer groups, from wide to narrow: at each step their labels, and everybody's number.

        The number is -1 for those who have no such group at that step.
        """
        steps = []
        for depth in range(max((len(groups) for groups in self.peers.small_groups), default=0)):
            labels = [groups[depth] if depth < len(groups) else None for groups in self.peers.small_groups]
            names = tuple(sorted({label for label in labels if label is not None}))
            number = {name: at for at, name in enumerate(names)}
            steps.append((names, np.array([-1 if n is None else number[n] for n in labels], dtype=np.intp)))
        return tuple(steps)

    @property
    def content(self) -> list[Any]:
        """All that the panel holds, as arrays and plain values; see `data.memo`."""
        series = [
            part
            for s in self.series
            for part in (s.key, s.cells.value, s.cells.exposure, s.cells.n_rows, s.cells.status, s.partial)
        ]
        return [
            (self.kind, self.as_of, self.concern, self.group_names, sorted(self.peers.sizes.items())),
            *(self.ids, self.group_of, self.days_posted),
            *(part for step in self.small_groups for part in step),
            *series,
        ]

    def find(self, indicator: str, window: int) -> Series | None:
        """Return one indicator over one window; None where the panel does not have it."""
        return next((s for s in self.series if s.key == (indicator, window)), None)

    def take(self, at: Positions) -> Panel:
        """Return the panel of the subjects at these positions, each still in the peer group of the whole force."""
        series = tuple(s.take(at) for s in self.series)
        posted = None if self.days_posted is None else self.days_posted[at]
        return replace(self, ids=self.ids[at], peers=self.peers.take(at.tolist()), series=series, days_posted=posted)


def build_panel(table: FeatureTable, peers: PeerGroups, indicators: Sequence[Indicator], concern: Concern) -> Panel:
    """Return the panel of one concern: only the indicators declared to serve it, in order of name and window."""
    serving = {i.name: i for i in indicators if concern in i.concerns}
    series = [Series(serving[c.indicator], c) for c in table if c.indicator in serving]
    ordered = tuple(sorted(series, key=lambda s: s.key))
    return Panel(table.kind, table.as_of, concern, table.ids, peers, ordered, _days_posted(table))


def _days_posted(table: FeatureTable) -> Floats | None:
    if "posted_on" not in table.subjects.column_names:
        return None
    began = table.subjects["posted_on"]
    days = np.full(len(began), np.nan)
    for at, day in enumerate(began.to_pylist()):
        if day is not None:
            days[at] = (table.as_of - day).days
    return days
