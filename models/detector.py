"""What a detector is, what it is given, and what it must hand back."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, Final, Literal, Protocol

import numpy as np
import numpy.typing as npt

from data.arrays import Floats, Positions
from data.vocabulary import CONCERNS, Concern, SubjectKind
from features.indicator import Indicator
from features.table import OK, Cells, FeatureTable
from models.peers import PeerGroups

Family = Literal["contradiction", "peer", "change", "scene", "pattern", "unit", "baseline"]


@dataclass(frozen=True)
class Series:
    """One indicator over one window, with its declaration."""

    indicator: Indicator
    cells: Cells

    @property
    def key(self) -> tuple[str, int]:
        """The indicator's name and the window."""
        return self.indicator.name, self.cells.window

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """For which subjects the value can be used."""
        return np.equal(self.cells.status, OK)

    @property
    def partial(self) -> npt.NDArray[np.bool_]:
        """Of which subjects only part of the window could be seen."""
        known = self.cells.partial
        return np.zeros(len(self.cells.value), dtype=np.bool_) if known is None else known

    def take(self, at: Positions) -> Series:
        """Return the series of the subjects at these positions."""
        c = self.cells
        partial = None if c.partial is None else c.partial[at]
        cells = Cells(c.indicator, c.window, c.value[at], c.exposure[at], c.n_rows[at], c.status[at], partial)
        return Series(self.indicator, cells)


@dataclass(frozen=True)
class Panel:
    """What a detector sees: the subjects, whom each is compared with, and the values that may feed one concern.

    `days_posted` says for how many days each subject's present posting has lasted, NaN where that is not known.
    """

    kind: SubjectKind
    as_of: date
    concern: Concern
    ids: npt.NDArray[np.int64]
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

    def numbered(self, names: Sequence[str]) -> Positions:
        """Return each subject's peer group as a position in other names than the panel's own; -1 for one not there."""
        known = {name: at for at, name in enumerate(names)}
        own = np.array([known.get(name, -1) for name in self.group_names], dtype=np.intp)
        return own[self.group_of] if len(own) else np.empty(0, dtype=np.intp)

    @cached_property
    def finer(self) -> tuple[tuple[tuple[str, ...], Positions], ...]:
        """Groups too small to be peer groups, from wide to narrow: at each step their labels, and everybody's number.

        The number is -1 for those who have no such group at that step.
        """
        steps = []
        for depth in range(max((len(groups) for groups in self.peers.finer), default=0)):
            labels = [groups[depth] if depth < len(groups) else None for groups in self.peers.finer]
            names = tuple(sorted({label for label in labels if label is not None}))
            number = {name: at for at, name in enumerate(names)}
            steps.append((names, np.array([-1 if n is None else number[n] for n in labels], dtype=np.intp)))
        return tuple(steps)

    def find(self, indicator: str, window: int) -> Series | None:
        """Return one indicator over one window; None where the panel does not have it."""
        return next((s for s in self.series if s.key == (indicator, window)), None)

    def take(self, at: Positions) -> Panel:
        """Return the panel of the subjects at these positions, each still in the peer group of the whole force."""
        series = tuple(s.take(at) for s in self.series)
        posted = None if self.days_posted is None else self.days_posted[at]
        return replace(self, ids=self.ids[at], peers=self.peers.take(at.tolist()), series=series, days_posted=posted)


def panel(table: FeatureTable, peers: PeerGroups, indicators: Sequence[Indicator], concern: Concern) -> Panel:
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


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one indicator contributed to a score: what was observed, what peers would lead one to expect.

    `low` and `high` bound what 95% of such peers show. `p_value` is the chance that a peer shows at least as much.
    `shape` is that of the gamma-Poisson null the chance was taken under, `precision` that of the beta-binomial one. In
    detectors whose contributions add up, `share` is what is added. Anything a detector cannot say is None.
    """

    indicator: str
    window_days: int
    observed: float
    exposure: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    peers: int | None = None
    shape: float | None = None
    precision: float | None = None
    share: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are known, ready for canonical JSON."""
        return {name: value for name, value in vars(self).items() if value is not None}


Contributions = tuple[Contribution, ...]

ALL: Final = sys.maxsize
"""As many contributions as there are."""


class Listed:
    """The contributions to each subject's score, the strongest first, made when they are asked for.

    Most are never looked at: a force has tens of thousands of people and a few flags. `make` is given a subject's
    position and how many contributions to make at most.
    """

    def __init__(self, size: int, make: Callable[[int, int], Contributions] = lambda at, most: ()) -> None:
        self._size, self._make = size, make

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, at: int) -> Contributions:
        return self.first(at, ALL)

    def __iter__(self) -> Iterator[Contributions]:
        return (self.first(at, ALL) for at in range(self._size))

    def first(self, at: int, most: int) -> Contributions:
        """Return the strongest contributions to one subject's score."""
        if not 0 <= at < self._size:
            raise IndexError(at)
        return self._make(at, most)

    def take(self, at: Positions) -> Listed:
        """Return the contributions of the subjects at these positions."""
        places = at.tolist()
        return Listed(len(places), lambda n, most: self._make(places[n], most))


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a detector says of every subject of a panel, aligned to it, and what its p-values rest on.

    Higher scores are more unusual. `p_value` is NaN where there is not enough evidence, or where the detector gives no
    p-values at all.
    """

    score: Floats
    p_value: Floats
    contributions: Listed
    assumption: str

    def take(self, at: Positions) -> Scores:
        """Return what is said of the subjects at these positions."""
        said = self.contributions.take(at)
        return replace(self, score=self.score[at], p_value=self.p_value[at], contributions=said)


def nothing_said(n: int, assumption: str) -> Scores:
    """Return the scores of subjects of whom nothing can be said."""
    return Scores(score=np.zeros(n), p_value=np.full(n, np.nan), contributions=Listed(n), assumption=assumption)


class Fitted(Protocol):
    """A detector that has learnt what is usual, and scores any subjects of the same kind and peer groups by it."""

    def score(self, panel: Panel) -> Scores:
        """Score the subjects of a panel; they need not be those it was fitted to."""
        ...


class Detector(ABC):
    """One way of saying how unusual a subject is among its peers.

    A detector says what its p-values assume, never changes its input, and gives the same bits for the same panel and
    seed, in whatever order subjects and indicators stand. What it does not meet it declares, and is kept out of the
    places that need it:

    `transductive`: it scores a subject by who else is in the batch, and so cannot be fitted to some and score others.
    `monotone`: having more of everything that it reads never makes a subject less unusual.
    `additive`: the shares of the contributions add up to the score.
    `concerns` are those it can speak to; `needs` names indicators without which the others say nothing. A detector of
    the family `baseline` gives no p-values and feeds no flag. With `opt_in` it takes part only when the settings
    name it.
    """

    family: ClassVar[Family]
    question: str
    assumption: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()
    kinds: tuple[SubjectKind, ...] = ("officer",)
    concerns: tuple[Concern, ...] = CONCERNS
    transductive: bool = False
    monotone: bool = False
    additive: bool = False
    needs: tuple[str, ...] = ()
    opt_in: bool = False
    name: str = ""

    @abstractmethod
    def fit(self, panel: Panel, *, seed: int) -> Fitted:
        """Learn what is usual from the subjects of a panel, whose ids ascend and whose series are in order."""

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the detector can use an indicator."""
        return True

    def speaks_to(self, panel: Panel) -> bool:
        """Say whether there is anything in a panel that the detector is made for."""
        fits = panel.kind in self.kinds and panel.concern in self.concerns
        return fits and any(self.reads(s.indicator) for s in panel.series)

    def score(self, panel: Panel, *, seed: int) -> Scores:
        """Score every subject of a panel by what is usual among all of them."""
        order = np.argsort(panel.ids, kind="stable")
        series = tuple(sorted(panel.series, key=lambda s: s.key))
        ordered = [s.key for s in series] == [s.key for s in panel.series]
        if not ordered or not np.array_equal(order, np.arange(len(order))):
            turned = replace(panel, series=series).take(order)
            return self.fit(turned, seed=seed).score(turned).take(np.argsort(order))
        return self.fit(panel, seed=seed).score(panel)
