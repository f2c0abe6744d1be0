"""What a detector hands back: scores, p-values, and what each indicator contributed to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from data.arrays import Floats, Positions
from models.nulls.parameters import FittedNull


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one indicator contributed to a score: what was observed, what peers would lead one to expect.

    `covered_days` is over how many days of the window records cover what is counted and its exposure, where these are
    fewer. `n_rows` is how many rows there are of the causes observed, where causes are counted.
    `low` and `high` bound what 95% of such peers show. `p_value` is the chance that a peer shows at least as much.
    `shape` is that of the gamma-Poisson null the chance was taken under, `precision` that of the beta-binomial one.
    `tests` is in how many indicators and windows the detector compared the subject, for which the chance has to make up
    before it is the detector's. In
    detectors whose contributions add up, `share` is what is added. Anything a detector cannot say is None.

    Of an excess, `rate` is the expected true rate next to peers, likely between `rate_low` and `rate_high`, and
    `chance` that of its lying under what is claimed; `events` and `due` are counted and expected events weighted by
    age.
    """

    indicator: str
    window_days: int
    observed: float
    covered_days: int | None = None
    n_rows: int | None = None
    exposure: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    peers: int | None = None
    shape: float | None = None
    precision: float | None = None
    tests: int | None = None
    share: float | None = None
    rate: float | None = None
    rate_low: float | None = None
    rate_high: float | None = None
    chance: float | None = None
    events: float | None = None
    due: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are known, ready for canonical JSON."""
        return {name: value for name, value in vars(self).items() if value is not None}


Contributions = tuple[Contribution, ...]

_UNLIMITED: Final = sys.maxsize


class ContributionList:
    """The contributions to each subject's score, the strongest first, made when they are asked for.

    Most are never looked at: a force has tens of thousands of people and a few flags. `make` is given a subject's
    position and how many contributions to make at most.

    Example:
        >>> counts = [3.0, 5.0]
        >>> contributions = ContributionList(
        ...     2, lambda at, most: (Contribution(indicator="complaints", window_days=365, observed=counts[at]),)[:most]
        ... )
        >>> contributions[1][0].observed
        5.0
    """

    def __init__(self, size: int, make: Callable[[int, int], Contributions] = lambda at, most: ()) -> None:
        self._size, self._make = size, make

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, at: int) -> Contributions:
        return self.first(at, _UNLIMITED)

    def __iter__(self) -> Iterator[Contributions]:
        return (self.first(at, _UNLIMITED) for at in range(self._size))

    def first(self, at: int, most: int) -> Contributions:
        """Return the strongest contributions to one subject's score."""
        if not 0 <= at < self._size:
            raise IndexError(at)
        return self._make(at, most)

    def take(self, at: Positions) -> ContributionList:
        """Return the contributions of the subjects at these positions."""
        places = at.tolist()
        return ContributionList(len(places), lambda n, most: self._make(places[n], most))


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a detector says of every subject of a panel, aligned to it, and what its p-values rest on.

    Higher scores are more unusual. `p_value` is NaN where there is not enough evidence, or where the detector gives no
    p-values at all. `nulls` are what was fitted to tell how unusual a score is.

    Example:
        >>> scores = Scores(
        ...     score=np.array([0.0, 2.0]),
        ...     p_value=np.array([1.0, 0.01]),
        ...     contributions=ContributionList(2),
        ...     assumption="peers differ by chance alone",
        ... )
        >>> scores.take(np.array([1])).p_value.tolist()
        [0.01]
    """

    score: Floats
    p_value: Floats
    contributions: ContributionList
    assumption: str
    nulls: tuple[FittedNull, ...] = ()

    def take(self, at: Positions) -> Scores:
        """Return the scores of the subjects at these positions."""
        contributions = self.contributions.take(at)
        return replace(self, score=self.score[at], p_value=self.p_value[at], contributions=contributions)

    @classmethod
    def without_evidence(cls, size: int, assumption: str) -> Scores:
        """Return scores of 0 and p-values of NaN: there is not enough evidence about anybody."""
        return cls(
            score=np.zeros(size),
            p_value=np.full(size, np.nan),
            contributions=ContributionList(size),
            assumption=assumption,
        )
