"""What a detector is, what it is given, and what it must hand back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from features.base import Concern, Indicator, Subject
from features.table import OK, Cells, FeatureTable
from models.peers import PeerGroups

Floats = npt.NDArray[np.float64]
Family = Literal["contradiction", "peer", "change", "scene", "pattern", "unit"]


@dataclass(frozen=True)
class Series:
    """One indicator over one window, with its declaration."""

    indicator: Indicator
    cells: Cells

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """For which subjects the value can be used."""
        return np.equal(self.cells.status, OK)


@dataclass(frozen=True)
class Panel:
    """What a detector sees: the subjects, whom each is compared with, and the values that may feed one concern."""

    kind: Subject
    as_of: date
    concern: Concern
    ids: npt.NDArray[np.int64]
    peers: PeerGroups
    series: tuple[Series, ...]

    def members(self) -> dict[str, npt.NDArray[np.intp]]:
        """Return the positions of each peer group's subjects, by label in alphabetical order."""
        labels = np.array(self.peers.labels, dtype=object)
        return {label: np.flatnonzero(labels == label) for label in sorted(self.peers.sizes)}


def panel(table: FeatureTable, peers: PeerGroups, indicators: Sequence[Indicator], concern: Concern) -> Panel:
    """Return the panel of one concern: only the indicators declared to serve it, in order of name and window."""
    serving = {i.name: i for i in indicators if concern in i.concerns}
    series = [Series(serving[c.indicator], c) for c in table if c.indicator in serving]
    ordered = sorted(series, key=lambda s: (s.indicator.name, s.cells.window))
    return Panel(table.kind, table.as_of, concern, table.ids, peers, tuple(ordered))


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one indicator contributed to a score: what was observed, what peers would lead one to expect.

    `low` and `high` bound what 95% of such peers show. `p_value` is the chance that a peer shows at least as much.
    Anything a detector cannot say is None.
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

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are known, ready for canonical JSON."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a detector says of every subject of a panel, aligned to it, and what its p-values rest on.

    Higher scores are more unusual. `p_value` is NaN where there is not enough evidence. `contributions` lists, for each
    subject, the strongest first.
    """

    score: Floats
    p_value: Floats
    contributions: tuple[tuple[Contribution, ...], ...]
    assumption: str


class Detector(ABC):
    """One way of saying how unusual a subject is among its peers.

    A detector says what its p-values assume, never changes its input, and gives the same bits for the same panel and
    seed. `transductive` detectors score a subject by who else is in the batch, and are kept out where that matters.
    """

    family: ClassVar[Family]
    question: ClassVar[str]
    assumption: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()
    kinds: ClassVar[tuple[Subject, ...]] = ("officer",)
    transductive: ClassVar[bool] = False
    name: str = ""

    @abstractmethod
    def score(self, panel: Panel, *, seed: int) -> Scores:
        """Score every subject of a panel."""

    def reads(self, indicator: Indicator) -> bool:
        """Say whether the detector can use an indicator."""
        return True
