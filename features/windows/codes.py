"""Values of any type as small whole numbers, equal where the values are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.arrays import Integers


def codes_of(column: pa.ChunkedArray | pa.Array, *, most: int) -> tuple[Integers, int]:
    """Return a whole number from 0 for each value, equal where values are, and how many such numbers there can be.

    Small numbers stand for themselves; where their range times the subjects would overflow, ranks take their place.
    """
    if not len(column):
        return np.empty(0, dtype=np.int64), 1
    if pa.types.is_integer(column.type):
        numbers = np.asarray(column.to_numpy())
        lowest, highest = int(numbers.min()), int(numbers.max())
        if highest - lowest < most:
            return numbers.astype(np.int64) - lowest, highest - lowest + 1
        return _ranks(numbers)
    encoded = column.dictionary_encode()
    dictionary = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return np.asarray(dictionary.indices.to_numpy(), dtype=np.int64), max(len(dictionary.dictionary), 1)


def _ranks(numbers: Integers) -> tuple[Integers, int]:
    """Return how many different numbers are smaller than each, and how many different ones there are."""
    order = np.argsort(numbers)
    ascending = numbers[order]
    steps = np.cumsum(ascending[1:] != ascending[:-1])
    ranks = np.zeros(len(numbers), dtype=np.int64)
    ranks[order[1:]] = steps
    return ranks, int(steps[-1]) + 1 if len(steps) else 1
