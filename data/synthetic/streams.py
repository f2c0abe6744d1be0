"""The named random streams of a synthetic world, and what is drawn from them: choices by weight, chances, samples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from data.arrays import Array
from data.random import generator

_TABLE = 1 << 16


class Streams:
    """Opens the random streams of one world, or of one part of it.

    Example:
        >>> bool(Streams(1).draw("shift", 7).integers(0, 100) == Streams(1).draw("shift", 7).integers(0, 100))
        True
    """

    def __init__(self, seed: int, *prefix: str | int) -> None:
        self._seed = seed
        self._prefix = prefix

    def draw(self, *purpose: str | int) -> np.random.Generator:
        """Return a fresh generator for a purpose; the same purpose always starts the same stream."""
        return generator(self._seed, *self._prefix, *purpose)

    def part(self, *prefix: str | int) -> Streams:
        """Return the streams of one part of the world, such as a cell or a typology."""
        return Streams(self._seed, *self._prefix, *prefix)


@lru_cache(maxsize=512)
def weights_table(weights: tuple[float, ...]) -> Array:
    """Return a lookup table that turns 16-bit draws into positions with the given weights.

    A weight is honoured to about 1 in 65,536. Positions are 8-bit: at most 127 weights.
    """
    shares = np.array(weights, dtype=np.float64)
    edges = np.round(np.cumsum(shares) / shares.sum() * _TABLE).astype(np.int64)
    return np.repeat(np.arange(len(shares), dtype=np.int8), np.diff(edges, prepend=0))


def pick(draw: np.random.Generator, size: int, weights: Sequence[float] | Array) -> Array:
    """Return `size` positions (int8) drawn with the given weights."""
    selection: Array = weights_table(tuple(weights)).take(draw.integers(0, _TABLE, size, dtype=np.uint16))
    return selection


def pick_by(draw: np.random.Generator, group: Array, weights: Array) -> Array:
    """Return one position (int8) a row, drawn with the weights of the row's group: `weights[group]`."""
    tables = np.concatenate([weights_table(tuple(row)) for row in np.asarray(weights, dtype=np.float64).tolist()])
    # To take by position is several times as fast as to index, with numbers of fewer than 64 bits above all.
    place = group.astype(np.int64) * _TABLE + draw.integers(0, _TABLE, len(group), dtype=np.uint16)
    selection: Array = tables.take(place)
    return selection


def chance(draw: np.random.Generator, probability: Array | float, size: int | None = None) -> Array:
    """Return booleans that are true with the given probability (one for all rows, or one a row)."""
    count = len(probability) if isinstance(probability, np.ndarray) else size
    drawn: Array = draw.random(count, dtype=np.float32) < probability
    return drawn


def sample(draw: np.random.Generator, weights: Array, count: int) -> Array:
    """Return `count` distinct positions in ascending order, likelier with larger weight; weight 0 is never taken.

    Every position has a draw of its own, so a larger count only adds positions (Efraimidis and Spirakis 2006).
    """
    with np.errstate(divide="ignore"):
        keys = np.log(draw.random(len(weights))) / weights
    keys[weights <= 0] = -np.inf
    count = min(count, int((weights > 0).sum()))
    return np.sort(np.argsort(-keys, kind="stable")[:count])
