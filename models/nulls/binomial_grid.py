"""Binomial chances over a grid of log-odds: what `models.nulls.mixed_binomial` averages over people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy.special import bdtr, expit

from data.arrays import Floats

GRID: Final = np.arange(-16.0, 9.01, 0.2)
"""Log-odds at which the density is summed: finer than the smallest spread, so that the sum is exact to many digits."""

_STEPPED: Final = 512
"""Up to so many hits chances are summed one by one; further out the distribution function is asked, which is slower."""


def _chances(trials: Floats, most: int) -> Iterator[Floats]:
    """Yield the binomial chances of 0, 1, ... hits: arrays of trials by points of the grid."""
    odds, chance = np.exp(GRID)[None, :], expit(-GRID)[None, :] ** trials[:, None]
    yield chance
    for at in range(most):
        chance = chance * np.maximum(trials[:, None] - at, 0.0) / (at + 1.0) * odds
        yield chance


def chance_under(trials: Floats, limit: Floats) -> Floats:
    """Return the chance of at most the limit, for each bin and point of the grid."""
    keys, which = np.unique(np.column_stack([trials, limit]), axis=0, return_inverse=True)
    total = np.zeros((len(keys), len(GRID)))
    for at, chance in enumerate(_chances(keys[:, 0], int(min(limit.max(), _STEPPED)))):
        total += np.where((at <= keys[:, 1])[:, None], chance, 0.0)
    far = keys[:, 1] > _STEPPED
    total[far] = _at_most(keys[far, 1], keys[far, 0])
    return np.asarray(np.minimum(total, 1.0)[which.reshape(-1)])


def _at_most(hits: Floats, trials: Floats) -> Floats:
    """Return the chance of at most so many hits, for each row and point of the grid."""
    return np.asarray(bdtr(hits[:, None], trials.astype(np.int64)[:, None], expit(GRID)[None, :]))


def least_count(trials: Floats, mixing: Floats, share: float, *, least: float) -> Floats:
    """Return the least count at or below which this share lies, for rows of trials and of the grid's weights."""
    odds, chance = np.exp(GRID)[None, :], expit(-GRID)[None, :] ** trials[:, None]
    total, count, at = np.zeros(len(trials)), np.full(len(trials), -1.0), 0.0
    while (count < 0).any() and at <= _STEPPED:
        total += np.einsum("bk,bk->b", chance, mixing)
        count[(count < 0) & ((total >= share) | (at >= trials))] = at
        chance = chance * np.maximum(trials[:, None] - at, 0.0) / (at + 1.0) * odds
        at += 1.0
    rest = np.flatnonzero(count < 0)
    low, high = np.full(len(rest), at - 1.0), trials[rest].copy()
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = np.einsum("bk,bk->b", _at_most(middle, trials[rest]), mixing[rest]) >= share
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    count[rest] = high
    return np.asarray(np.maximum(count, least))
