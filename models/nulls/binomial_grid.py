"""Binomial chances over a grid of log-odds: what `models.nulls.mixed_binomial` averages over people."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import bdtr, expit

from data.arrays import Floats
from models.nulls.stacks import distinct_rows

GRID: Final = np.arange(-16.0, 9.01, 0.2)
"""Log-odds at which the density is summed: finer than the smallest spread, so that the sum is exact to many digits."""

_ODDS: Final = np.exp(GRID)[None, :]

_STEPPED: Final = 512
"""Up to so many hits chances are summed one by one; further out the distribution function is asked, which is slower."""


def _next(chance: Floats, trials: Floats, at: int) -> None:
    """Turn binomial chances of so many hits, arrays of trials by points of the grid, into those of one more."""
    chance *= np.maximum(trials[:, None] - at, 0.0)
    chance /= at + 1.0
    chance *= _ODDS


def _none_hit(trials: Floats) -> Floats:
    return np.asarray(expit(-GRID)[None, :] ** trials[:, None])


def chance_under(trials: Floats, limit: Floats) -> Floats:
    """Return the chance of at most the limit, for each bin and point of the grid."""
    keys, which, _ = distinct_rows(trials, limit)
    # Those with the highest limits first: the others leave when theirs is reached.
    order = np.argsort(-keys[:, 1], kind="stable")
    n, limits = keys[order, 0], keys[order, 1]
    under, chance = np.zeros((len(keys), len(GRID))), _none_hit(n)
    for at in range(int(min(limit.max(), _STEPPED)) + 1):
        going = int(np.searchsorted(-limits, -at, side="right"))
        chance = chance[:going]
        under[:going] += chance
        _next(chance, n[:going], at)
    far = limits > _STEPPED
    under[far] = _at_most(limits[far], n[far])
    total = np.empty_like(under)
    total[order] = under
    return np.asarray(np.minimum(total, 1.0)[which])


def _at_most(hits: Floats, trials: Floats) -> Floats:
    """Return the chance of at most so many hits, for each row and point of the grid."""
    return np.asarray(bdtr(hits[:, None], trials.astype(np.int64)[:, None], expit(GRID)[None, :]))


def least_count(trials: Floats, mixing: Floats, share: float, *, least: float) -> Floats:
    """Return the least count at or below which this share lies, for rows of trials and of the grid's weights."""
    count, going = np.full(len(trials), -1.0), np.arange(len(trials))
    n, weight, chance, total = trials, mixing, _none_hit(trials), np.zeros(len(trials))
    at = 0
    while len(going) and at <= _STEPPED:
        total = total + np.einsum("bk,bk->b", chance, weight)
        count[going[((total >= share) | (at >= n)) & (count[going] < 0)]] = at
        rest = count[going] < 0
        if 4 * rest.sum() < 3 * len(going):
            # To copy those that are left at every step would cost more than to take the others along for a while.
            going, n, weight, chance, total = going[rest], n[rest], weight[rest], chance[rest], total[rest]
        _next(chance, n, at)
        at += 1
    rest = count[going] < 0
    going, n, weight = going[rest], n[rest], weight[rest]
    low, high = np.full(len(going), at - 1.0), n.copy()
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = np.einsum("bk,bk->b", _at_most(middle, n), weight) >= share
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    count[going] = high
    return np.asarray(np.maximum(count, least))
