"""What a detector is: it learns what is usual from a panel, and scores that or another panel by it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from dataclasses import replace
from typing import ClassVar, Literal, Protocol, Self

import numpy as np

from data.vocabulary import CONCERNS, Concern, SubjectKind
from features.indicator import Indicator
from models.panel import Panel
from models.scores import Scores

Family = Literal["contradiction", "peer", "change", "scene", "pattern", "unit", "excess", "baseline"]


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
    `concerns` are those it is made for; `needs` names indicators that it compares others with. A detector of
    the family `baseline` gives no p-values and feeds no flag. With `opt_in` it takes part only when the settings
    name it. With `ranks_only` it takes no part where a concern is selected by rate, since it would not keep one, and
    only where the strongest are taken or people are ranked.

    Example:
        >>> from models.baseline import RawCount
        >>> detector = RawCount("complaints", concern="standards").with_name("most_complaints")
        >>> detector.name, detector.family, detector.monotone
        ('most_complaints', 'baseline', True)
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
    ranks_only: bool = False
    name: str = ""

    def with_name(self, name: str) -> Self:
        """Return a copy of the detector under a name; one declaration may serve under several."""
        other = copy(self)
        other.name = name
        return other

    @abstractmethod
    def fit(self, panel: Panel, *, seed: int) -> Fitted:
        """Learn what is usual from the subjects of a panel, whose ids ascend and whose series are in order."""

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the detector can use an indicator."""
        return True

    def depends_on(self, indicator: Indicator) -> bool:
        """Say whether values of an indicator may change anything that the detector says; more than it scores may."""
        return True

    def can_score(self, panel: Panel) -> bool:
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
