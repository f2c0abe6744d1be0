"""A subject's true rate next to peers with the same exposure, with its uncertainty, older events weighing less.

Rates relative to peers are gamma-distributed around 1, with a shape that says how widely people differ; counts given
the rate and what peers would have left are Poisson. An event of the past weighs as much as the forgetting factor
says, raised to its age in years, and so does what was expected then. Given the weighted events S and the weighted
expectation M, the rate follows a gamma distribution of shape (shape + S) and mean (shape + S) / (shape + M): somebody
of whom little is known is taken to be like their peers.

Sources: the gamma-Poisson rate is Clayton and Kaldor (1987), Biometrics 43:671; letting the past fade by a factor
while the form stays is Smith (1979), JRSS B 41:375, and for counts Harvey and Fernandes (1989), JBES 7:407.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammainc, gammaincinv

from data.arrays import Floats
from features.past import PERIOD_DAYS

DAYS_A_YEAR: Final = 365.25

ASSUMPTION: Final = (
    "true rates of peers with the same role, rank and area are gamma-distributed and fade by one factor for all; what"
    " many peers share is no excess, and a lasting innocent reason for more events is one"
)
"""What the rates rest on, and what they cannot tell."""

LEVEL: Final = 0.95
"""How likely the true rate is to lie in the interval that is given with it."""


@dataclass(frozen=True)
class RelativeRates:
    """What is known of each subject's rate: weighted events and expectations, and the shape of the spread of peers.

    `shape` is that of the gamma distribution of peers' rates; `events` and `expected` are weighted by age.

    Example:
        >>> rates = RelativeRates(shape=1.0, events=np.array([11.0]), expected=np.array([2.9]))
        >>> rates.mean.round(2).tolist(), rates.chance_under(2.0).round(3).tolist()
        ([3.08], [0.098])
    """

    shape: float
    events: Floats
    expected: Floats

    @property
    def mean(self) -> Floats:
        """The expected relative rate; 1 is that of peers."""
        return (self.shape + self.events) / (self.shape + self.expected)

    def chance_under(self, times: float) -> Floats:
        """Return the chance that the true rate is under so many times that of peers."""
        return np.asarray(gammainc(self.shape + self.events, times * (self.shape + self.expected)), dtype=np.float64)

    def interval(self, *, level: float = LEVEL) -> tuple[Floats, Floats]:
        """Return the bounds between which the true rate lies with this chance, as much left out on either side."""
        tail = (1 - level) / 2
        low, high = (
            np.asarray(gammaincinv(self.shape + self.events, at) / (self.shape + self.expected), dtype=np.float64)
            for at in (tail, 1 - tail)
        )
        return low, high

    def events_needed(self, times: float, chance: float) -> Floats:
        """Return the fewest weighted events with which the chance of a rate under `times` is at most `chance`."""
        low, high = np.zeros_like(self.expected), 4 * times * (self.shape + self.expected) + 60.0
        for _ in range(60):
            middle = (low + high) / 2
            enough = RelativeRates(self.shape, middle, self.expected).chance_under(times) <= chance
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return high


def weights(factor: float, periods: int) -> Floats:
    """Return how much the middle of each period weighs, the latest first; `factor` is what is left after a year.

    Example:
        >>> weights(0.5, 3).round(2).tolist()
        [0.84, 0.6, 0.42]
    """
    years = (np.arange(periods) + 0.5) * PERIOD_DAYS / DAYS_A_YEAR
    return np.asarray(factor**years, dtype=np.float64)
