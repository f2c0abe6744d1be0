"""A Merkle tree over leaves that only grows (RFC 6962), with proofs that anyone can check (RFC 9162, section 2.1).

A leaf is any sequence of bytes. The tree keeps hashes alone, so that what a leaf says need not be shown to prove that
it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf: a byte of its own keeps it from passing for that of two others."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two hashes that stand beside each other."""
    return sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """A tree over the leaves appended so far, which gives its root and proofs at this size and at every smaller one.

    Example:
        >>> tree = MerkleTree([b"manifest", b"flag", b"flag"])
        >>> len(tree), tree.root().hex()[:16]
        (3, '0acedc5c3b94babb')
        >>> proof = tree.inclusion(1)
        >>> is_included(leaf_hash(b"flag"), index=1, size=3, proof=proof, root=tree.root())
        True
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[leaf_hash(leaf) for leaf in leaves]]
        while len(level := self._levels[-1]) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)  # a last hash without a neighbour stays for now
            self._levels.append([node_hash(left, right) for left, right in pairs])

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Add a leaf at the end."""
        self.append_hash(leaf_hash(leaf))

    def append_hash(self, hashed: bytes) -> None:
        """Add a leaf at the end, by its hash."""
        self._levels[0].append(hashed)
        height = 0
        while len(self._levels[height]) % 2 == 0:
            level = self._levels[height]
            if len(self._levels) == height + 1:
                self._levels.append([])
            self._levels[height + 1].append(node_hash(level[-2], level[-1]))
            height += 1

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first leaves, or over all.

        Raises:
            IndexError: there are fewer leaves.
        """
        last = self._size(size)
        return self._subtree(0, last) if last else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the proof that a leaf stands at a position, from 0, of the first leaves, or of all.

        Raises:
            IndexError: there is no such leaf.
        """
        last = self._size(size)
        if not 0 <= index < last:
            raise IndexError(f"there is no leaf {index} among {last}")
        path, first = [], 0
        while last - first > 1:
            middle = first + _split(last - first)
            if index < middle:
                path.append(self._subtree(middle, last))
                last = middle
            else:
                path.append(self._subtree(first, middle))
                first = middle
        return path[::-1]

    def inclusions(self) -> list[tuple[str, ...]]:
        """Return the proofs of all leaves, in order and in hexadecimal: as `inclusion` of each, but from one walk.

        Example:
            >>> tree = MerkleTree([b"manifest", b"flag", b"flag"])
            >>> tree.inclusions()[1] == tuple(step.hex() for step in tree.inclusion(1))
            True
        """
        rows = [self._levels[0]]
        for height in range(1, len(self._levels) + 1):
            complete = self._levels[height] if height < len(self._levels) else []
            rest = rows[-1][2 * len(complete) :]
            rows.append([*complete, *([node_hash(*rest)] if len(rest) == 2 else rest)])
        paths: list[tuple[str, ...]] = [()]
        for row in reversed(rows):
            hexes = [step.hex() for step in row]
            paths = [
                (hexes[at ^ 1], *paths[at >> 1]) if at ^ 1 < len(row) else paths[at >> 1] for at in range(len(row))
            ]
        return paths

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """Return the proof that the first leaves, or all, begin with the leaves of an older and smaller tree.

        Raises:
            IndexError: the older tree is empty or larger.
        """
        last = self._size(size)
        if not 0 < old <= last:
            raise IndexError(f"there is no tree of {old} leaves before one of {last}")
        path, first, known = [], 0, True
        while first + (old - first) != last:
            middle = first + _split(last - first)
            if old <= middle:
                path.append(self._subtree(middle, last))
                last = middle
            else:
                path.append(self._subtree(first, middle))
                first, known = middle, False
        if not known:
            path.append(self._subtree(first, last))
        return path[::-1]

    def _size(self, size: int | None) -> int:
        last = len(self) if size is None else size
        if not 0 <= last <= len(self):
            raise IndexError(f"there are {len(self)} leaves, not {last}")
        return last

    def _subtree(self, first: int, last: int) -> bytes:
        """Return the root over leaves that begin where a whole subtree of that height begins."""
        hashes = []
        while first < last:
            height = (last - first).bit_length() - 1
            hashes.append(self._levels[height][first >> height])
            first += 1 << height
        root = hashes.pop()
        while hashes:
            root = node_hash(hashes.pop(), root)
        return root


def _split(size: int) -> int:
    """Return the largest power of two below a size."""
    return 1 << ((size - 1).bit_length() - 1)


def is_included(hashed: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether a proof shows that a leaf, by its hash, stands at a position of the tree of a size and root."""
    if not 0 <= index < size:
        return False
    at, last, computed = index, size - 1, hashed
    for step in proof:
        if last == 0:
            return False
        if at % 2 or at == last:
            computed = node_hash(step, computed)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            computed = node_hash(computed, step)
        at, last = at >> 1, last >> 1
    return last == 0 and computed == root


def is_consistent(*, old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether a proof shows that the tree of a size and root begins with the leaves of an older one."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size or not proof:
        return False
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    at, last = old - 1, size - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (before, after) == (old_root, root)
