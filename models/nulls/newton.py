"""Many small problems of two parameters, minimised together by a damped Newton's method within bounds.

Each problem takes its own steps and leaves when it has arrived, so what it comes to does not depend on the others. A
step that would make things worse is taken back and tried shorter (Levenberg and Marquardt), and where the loss curves
downwards the step follows its slope: Nocedal and Wright (2006), Numerical Optimization, chapters 3 and 10.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.arrays import Bools, Floats, Positions


@dataclass(frozen=True)
class Curvature:
    """The loss at one point of each problem, its two slopes, and its three bends (first, mixed, second).

    Example:
        >>> curve = Curvature(np.zeros(1), np.zeros((1, 2)), np.zeros((1, 3)))
        >>> curve.put(np.array([0]), Curvature(np.ones(2), np.ones((2, 2)), np.ones((2, 3))), np.array([False, True]))
        >>> curve.value.tolist()
        [1.0]
    """

    value: Floats
    slope: Floats
    bend: Floats

    def put(self, at: Positions, other: Curvature, rows: Bools) -> None:
        """Take over the chosen rows of another curve at these positions."""
        self.value[at], self.slope[at], self.bend[at] = other.value[rows], other.slope[rows], other.bend[rows]


Loss = Callable[[Floats, Positions], Curvature]
"""Gives the curve at a point for each of the problems at these positions."""

_STEPS: Final = 200
_LONGEST: Final = 2.0
_ARRIVED: Final = 1e-9


def minimise(loss: Loss, start: Floats, low: Floats, high: Floats) -> Floats:
    """Return the point of each problem at which its loss is smallest near the start, between low and high.

    All are arrays of problems by two parameters. A parameter is held where low and high are equal. A problem has
    arrived when a full step would lower its loss by no more than a part in 10^9; that step is still taken, and leaves a
    distance of the order of its square.

    Example:
        >>> def bowl(point, at):
        ...     away = point - np.array([1.0, 2.0])
        ...     return Curvature((away**2).sum(axis=1), 2 * away, np.tile([2.0, 0.0, 2.0], (len(at), 1)))
        >>> minimise(bowl, np.zeros((1, 2)), np.full((1, 2), -5.0), np.array([[5.0, 1.5]])).tolist()
        [[1.0, 1.5]]
    """
    point = np.clip(start, low, high)
    here = loss(point, np.arange(len(point)))
    damping = np.zeros(len(point))
    going = np.arange(len(point))
    for _ in range(_STEPS):
        step, gain = _steps(here, point, low, high, damping, going)
        still = gain > _ARRIVED * (1.0 + np.abs(here.value[going]))
        last = going[~still]
        point[last] = np.clip(point[last] + step[~still], low[last], high[last])
        going, step = going[still], step[still]
        if not len(going):
            break
        trial = np.clip(point[going] + step, low[going], high[going])
        there = loss(trial, going)
        better = there.value <= here.value[going]
        moved = going[better]
        point[moved] = trial[better]
        here.put(moved, there, better)
        damping[moved] = np.where(damping[moved] > 1e-4, 0.1 * damping[moved], 0.0)
        damping[going[~better]] = np.maximum(10.0 * damping[going[~better]], 1e-2)
    return point


def _steps(
    here: Curvature, point: Floats, low: Floats, high: Floats, damping: Floats, at: Positions
) -> tuple[Floats, Floats]:
    """Return the damped Newton step of each problem, and by how much a quadratic loss would fall."""
    slope, (first, mixed, second) = here.slope[at].copy(), here.bend[at].T.copy()
    # A parameter at its bound, with the loss falling beyond it, is held: the other takes the step alone.
    held = ((point[at] <= low[at]) & (slope >= 0)) | ((point[at] >= high[at]) & (slope <= 0))
    slope[held] = 0.0
    first, second = np.where(held[:, 0], 1.0, first), np.where(held[:, 1], 1.0, second)
    mixed = np.where(held.any(axis=1), 0.0, mixed)
    middle, half = 0.5 * (first + second), np.hypot(0.5 * (first - second), mixed)
    # Where the loss does not curve upwards in every direction, it is bent until it does.
    largest = np.maximum(np.abs(middle) + half, 1e-8)
    least = middle - half
    bent = np.where(least < 1e-6 * largest, np.abs(least) - least + 1e-6 * largest, 0.0) + damping[at] * largest
    first, second = first + bent, second + bent
    volume = first * second - mixed**2
    step = np.column_stack([mixed * slope[:, 1] - second * slope[:, 0], mixed * slope[:, 0] - first * slope[:, 1]])
    step = step / volume[:, None]
    longest = np.abs(step).max(axis=1)
    step *= np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300))[:, None]
    return step, -0.5 * (slope * step).sum(axis=1)
