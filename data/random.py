"""Where every random number comes from: named, counter-based streams.

A stream is named by what it is for ("shift/overtime", cell 7), not by when it is drawn. Its Philox key is a BLAKE2b
digest of the root seed and the name, so the order in which streams are opened, the number of threads and the presence
of other streams cannot change what it gives. (Philox: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3.)
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence


def generator(*name: str | int) -> np.random.Generator:
    """Return a fresh generator for a name, whose first part is a seed; the same name always starts the same stream.

    Example:
        >>> bool(generator(1, "shift", 7).integers(0, 100) == generator(1, "shift", 7).integers(0, 100))
        True
    """
    text = "/".join(str(part) for part in name)
    # Not hash(): that differs from process to process.
    digest = blake2b(text.encode(), digest_size=16).digest()
    key: Any = _Key(np.frombuffer(digest, dtype="<u8"))
    return np.random.Generator(np.random.Philox(key))


class _Key(ISeedSequence):
    """A Philox key in the place of a seed: given as `key`, the generator would first ask the system for entropy."""

    def __init__(self, key: np.ndarray[Any, np.dtype[np.uint64]]) -> None:
        self._key = key

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
        """Return the key, which is what a Philox generator asks for."""
        return self._key
