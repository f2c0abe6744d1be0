"""Intervals: how far a rate, or a ratio of two rates, could lie from what was counted.

All functions take and return arrays, treat each subject as an independent draw, and accept fractional counts, which
arise where subjects who tie at a cut each count in part.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import betaincinv, ndtri

from data.arrays import Floats

EXACT: Final = "clopper_pearson"
"""The interval of proportions."""

SCORE: Final = "miettinen_nurminen"
"""The interval of ratios of two proportions."""

CLUSTERED: Final = "korn_graubard"
"""The interval of proportions of rows that come in clusters, such as the rows cited by one flag."""

_WIDEST: Final = 1e10
_HALVINGS: Final = 56


def proportion(count: Floats, n: Floats, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the lower and upper bound of the proportion `count / n`; NaN where `n` is 0.

    The interval covers the true proportion with at least the stated confidence, whatever it is, and is often wider than
    needed. Source: Clopper and Pearson (1934), Biometrika 26:404.

    Example:
        >>> low, high = proportion(np.array([0.0, 3.0]), np.array([10.0, 10.0]))
        >>> low.round(4).tolist(), high.round(4).tolist()
        ([0.0, 0.0667], [0.3085, 0.6525])
    """
    tail = (1.0 - confidence) / 2.0
    pairs, back = np.unique(np.round(np.stack([count, n]), 9), axis=1, return_inverse=True)
    x, size = pairs
    known = size > 0
    rest = np.maximum(size - x, 0.0)
    some, short = known & (x > 0), known & (rest > 0)
    low = np.where(known, 0.0, np.nan)
    high = np.where(known, 1.0, np.nan)
    low[some] = betaincinv(x[some], rest[some] + 1.0, tail)
    high[short] = betaincinv(x[short] + 1.0, rest[short], 1.0 - tail)
    at = back.reshape(-1)
    return low[at], high[at]


def ratio(count: Floats, n: Floats, other: Floats, m: Floats, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the lower and upper bound of the ratio of `count / n` to `other / m`.

    The bounds are the ratios that a score test does not reject. No cell needs a correction for being zero: with none
    in the first group the lower bound is 0, with none in the second the upper bound is infinite. NaN where a group is
    empty. Source: Miettinen and Nurminen (1985), Statistics in Medicine 4:213, equations 9 and 13; without their factor
    N / (N - 1) it is the interval of Koopman (1984).

    Example:
        >>> low, high = ratio(np.array([10.0]), np.array([100.0]), np.array([5.0]), np.array([100.0]))
        >>> low.round(3).tolist(), high.round(3).tolist()
        ([0.742], [5.451])
    """
    quads, back = np.unique(np.round(np.stack([count, n, other, m]), 9), axis=1, return_inverse=True)
    x, n1, y, n2 = quads
    known = (n1 > 0) & (n2 > 0)
    low = np.where(known, 0.0, np.nan)
    high = np.where(known, np.inf, np.nan)
    z = float(ndtri(1.0 - (1.0 - confidence) / 2.0))
    first, second = known & (x > 0), known & (y > 0)
    low[first] = _bound(*quads[:, first], z=z, upper=False)
    high[second] = _bound(*quads[:, second], z=z, upper=True)
    at = back.reshape(-1)
    return low[at], high[at]


def _bound(x: Floats, n: Floats, y: Floats, m: Floats, *, z: float, upper: bool) -> Floats:
    """Halve the logarithm's range until the ratio is found at which the score test just fails to reject."""
    with np.errstate(divide="ignore"):
        middle = np.clip((x / n) / (y / m), 1.0 / _WIDEST, _WIDEST)
    edge = np.full_like(middle, _WIDEST if upper else 1.0 / _WIDEST)
    inside, outside = np.log(middle), np.log(edge)
    for _ in range(_HALVINGS):
        half = (inside + outside) / 2.0
        kept = _score(x, n, y, m, np.exp(half)) <= z * z
        inside, outside = np.where(kept, half, inside), np.where(kept, outside, half)
    found: Floats = np.exp(inside)
    return found


def _score(x: Floats, n: Floats, y: Floats, m: Floats, theta: Floats) -> Floats:
    """Return the score statistic of the hypothesis that the ratio of proportions is `theta`."""
    b = n * theta + x + m + y * theta
    root = np.sqrt(np.maximum(b * b - 4.0 * (n + m) * theta * (x + y), 0.0))
    second = np.minimum(2.0 * (x + y) / (b + root), 1.0)
    first = np.minimum(theta * second, 1.0)
    spread = first * (1.0 - first) / n + theta * theta * second * (1.0 - second) / m
    distance = x / n - theta * y / m
    with np.errstate(divide="ignore", invalid="ignore"):
        score = distance * distance / (spread * (n + m) / (n + m - 1.0))
    return np.where(distance == 0.0, 0.0, score)


def independent(counts: Floats, sizes: Floats) -> float | None:
    """Return how many independent rows would vary as much as `counts` out of `sizes` do from cluster to cluster.

    No more than there are rows; None where the clusters do not vary. Source: Korn and Graubard (1998), Survey
    Methodology 24:193.

    Example:
        >>> round(independent(np.array([4.0, 0.0]), np.array([100.0, 100.0])), 6)
        49.0
    """
    total, clusters = float(sizes.sum()), len(sizes)
    if clusters < 2:
        return None
    p = float(counts.sum()) / total
    residuals = counts - p * sizes
    variance = float(np.dot(residuals, residuals)) * clusters / (clusters - 1) / total**2
    return min(total, p * (1.0 - p) / variance) if variance > 0 else None


def clustered(counts: Floats, sizes: Floats, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the pooled proportion of clusters and its bounds: `counts` out of `sizes` rows in each cluster.

    The number of rows is replaced by the number of independent rows that would vary as much as the clusters do, and an
    exact interval is taken with it; where the clusters do not vary at all, by the number of clusters. NaN without rows.
    Source: Korn and Graubard (1998), Survey Methodology 24:193.
    """
    total, clusters = float(sizes.sum()), len(sizes)
    if total == 0:
        return float("nan"), float("nan"), float("nan")
    p = float(counts.sum()) / total
    size = np.array([independent(counts, sizes) or float(clusters)])
    low, high = proportion(p * size, size, confidence=confidence)
    return p, float(low[0]), float(high[0])
