"""Row ids that depend on nothing but what the row is, and that tell a reader nothing.

A row is numbered within its own cell (a part of the force small enough to be made in one go) and its own namespace:
namespace 0 for ordinary rows, one of its own for every typology and archetype. The number is then scrambled by a
keyed bijection, so that ids are unique, lie below 2^52 (exact in JSON), do not change when a typology is added, and do
not show which rows were planted.

    bits   51..42 cell    41..0 scrambled (namespace 16 bits, number 26 bits)
"""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import blake2b

import numpy as np

from data.arrays import Array
from data.errors import UsageError

CELLS = 1 << 10
"""The most cells a world may have."""

_NAMESPACE_BITS = 16
_NUMBER_BITS = 26
_LOCAL_BITS = _NAMESPACE_BITS + _NUMBER_BITS
_SEQUENCE_BITS = 13

SUBJECTS = 1 << (_NUMBER_BITS - _SEQUENCE_BITS)
"""The most subjects a typology may have in one cell."""

SEQUENCE = 1 << _SEQUENCE_BITS
"""The most rows of one table that a typology may add for one subject."""


@cache
def namespace(name: str) -> int:
    """Return the namespace number of a typology or archetype: a stable hash of its name, never 0.

    Example:
        >>> namespace("burnout") == namespace("burnout")
        True
    """
    digest = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")
    return 1 + digest % ((1 << _NAMESPACE_BITS) - 1)


def check_namespaces(names: list[str]) -> None:
    """Raise UsageError if two names share a namespace number, because their rows could then share an id."""
    names_by_number: dict[int, str] = {}
    for name in sorted(names):
        other = names_by_number.setdefault(namespace(name), name)
        if other != name:
            raise UsageError(
                f"The names '{other}' and '{name}' give the same id range.",
                hint="Rename one of the two typologies or archetypes.",
            )


def ordinary(*, seed: int, table: str, cell: int, number: Array, name: str | None = None) -> Array:
    """Return the ids (int64) of ordinary rows, from their number within the cell; `name` gives another namespace."""
    local = number.astype(np.uint64)
    if name is not None:
        local |= np.uint64(namespace(name) << _NUMBER_BITS)
    return _scrambled(local, seed=seed, table=table, cell=cell)


def planted(*, seed: int, table: str, cell: int, name: str, subject: int, number: Array) -> Array:
    """Return the ids (int64) of rows that a typology or archetype adds for one subject of a cell."""
    if subject >= SUBJECTS or (len(number) and int(number.max()) >= SEQUENCE):
        raise UsageError(
            f"'{name}' adds too many rows of {table}.",
            expected=f"at most {SUBJECTS:,} subjects a cell and {SEQUENCE:,} rows a subject",
            hint="Lower its share or its intensity in the world file.",
        )
    base = (namespace(name) << _NUMBER_BITS) | (subject << _SEQUENCE_BITS)
    return _scrambled(np.uint64(base) | number.astype(np.uint64), seed=seed, table=table, cell=cell)


def level(ids: Array, *, seed: int, purpose: str) -> Array:
    """Return a number in [0, 1) for each id that depends on the id and the purpose alone (finaliser of SplitMix64)."""
    salt = int.from_bytes(blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest(), "little")
    x = ids.astype(np.uint64) ^ np.uint64(salt)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    numbers: Array = (x >> np.uint64(11)) * 2.0**-53
    return numbers


def _scrambled(local: Array, *, seed: int, table: str, cell: int) -> Array:
    """Return a permutation of 42-bit numbers, with the cell in front.

    Each round takes a key, multiplies by an odd number and folds the upper half on the lower (as the finaliser of
    MurmurHash3 does): every step can be undone, and each bit of the number bears on every bit of the id.
    """
    scrambled, shifted = local.copy(), np.empty_like(local)
    for key, multiplier in zip(_round_keys(seed, table, cell), _MULTIPLIERS, strict=True):
        scrambled ^= key
        scrambled *= multiplier
        scrambled &= _LOCAL_MASK
        scrambled ^= np.right_shift(scrambled, _HALF_SHIFT, out=shifted)
    scrambled |= np.uint64(cell << _LOCAL_BITS)
    return scrambled.view(np.int64)


_HALF_SHIFT = np.uint64(_LOCAL_BITS // 2)
_LOCAL_MASK = np.uint64((1 << _LOCAL_BITS) - 1)
_MULTIPLIERS = tuple(np.uint64(odd) for odd in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0x9E3779B97F4A7C15))


@lru_cache(maxsize=256)
def _round_keys(seed: int, table: str, cell: int) -> tuple[np.uint64, ...]:
    """Return the key of each round: asked for once for every few rows that a pattern adds."""
    digest = blake2b(f"{seed}/id/{table}/{cell}".encode(), digest_size=24).digest()
    return tuple(np.frombuffer(digest, dtype=np.uint64) & _LOCAL_MASK)
