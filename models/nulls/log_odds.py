"""Log-odds on a grid: how ordinary people's are spread around a level, for many offsets and levels at once.

Student's t around a level is wanted for everybody's offset. Offsets are rounded to steps of the grid, and then one
offset's density is another's, some points further along: it is worked out once over a grid that is wide enough for all
of them, and each offset takes its own stretch of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from data.arrays import Floats, Positions
from models.nulls.binomial_grid import GRID

TAIL: Final = 8.0
"""The degrees of freedom of the t distribution of log-odds.

A normal is too short: on 24 drawn forces without patterns (2,000 people, development seeds) the rules flagged somebody
in 46% of forces at q = 0.1, with 15 degrees of freedom in 21%, with 8 in 4%, with 4 nobody anywhere, planted or not. It
was chosen from these four figures, which therefore do not check it.
"""

STEP: Final = 0.2
"""The distance between points of the grid, and what offsets are rounded to."""


def steps_of(offset: Floats) -> Floats:
    """Return offsets as whole numbers of steps.

    Example:
        >>> steps_of(np.array([-0.41, 0.0, 0.29])).tolist()
        [-2.0, 0.0, 1.0]
    """
    return np.asarray(np.rint(offset / STEP) + 0.0)


@dataclass(frozen=True)
class GridStretches:
    """The stretches of a widened grid that belong to some offsets, given as whole `steps`.

    Example:
        >>> both = GridStretches(np.array([0, 3]))
        >>> density = both.density(np.array([-2.0]), 1.0)
        >>> density.shape == (1, len(GRID) + 3), both.totals(density).shape
        (True, (1, 2))
    """

    steps: Positions

    @cached_property
    def starts(self) -> Positions:
        """Where each offset's stretch begins."""
        return np.asarray(self.steps.max(initial=0) - self.steps, dtype=np.intp)

    @cached_property
    def _columns(self) -> Positions:
        """The points of each offset's stretch: offsets by points of the grid."""
        return np.asarray(self.starts[:, None] + np.arange(len(GRID))[None, :])

    @cached_property
    def _points(self) -> Floats:
        most = int(self.steps.max(initial=0))
        return np.asarray(GRID[0] + STEP * np.arange(-most, len(GRID) + int(self.starts.max(initial=0)) - most))

    def density(self, levels: Floats, spread: Floats | float) -> Floats:
        """Return Student's t over the widened grid, up to a factor: a row for each level, with its spread."""
        away = (self._points[None, :] - levels[:, None]) / np.reshape(spread, (-1, 1))
        wide = 1.0 + away**2 / TAIL
        # To the power of -(TAIL + 1) / 2, which for 8 degrees of freedom takes three products and a root.
        fourth = (wide * wide) * (wide * wide)
        return np.asarray(1.0 / (fourth * np.sqrt(wide)))

    def stretches(self, density: Floats) -> Floats:
        """Return each offset's stretch of every row: rows by offsets by points of the grid."""
        return np.asarray(density.take(self._columns, axis=1))

    def totals(self, density: Floats) -> Floats:
        """Return the sum over each offset's stretch of every row, by which it comes to one."""
        return np.asarray(self.stretches(density).sum(axis=2))

    def widened(self, values: Floats, which: Positions) -> Floats:
        """Return rows over the grid as rows over the widened grid, each on the stretch of one of the offsets."""
        wide = np.zeros((len(values), len(self._points)))
        np.put_along_axis(wide, self._columns[which], values, axis=1)
        return wide
