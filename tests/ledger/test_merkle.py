"""The tree hashes and proves as the standards say, and as another implementation does."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from pymerkle import InclusionProof, InmemoryTree, verify_consistency, verify_inclusion

from ledger.merkle import EMPTY_ROOT, MerkleTree, is_consistent, is_included, leaf_hash
from pipeline.verify_proofs import proofs_of, root_of, tree_levels, tree_of

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
"""The leaves of the reference tree of Certificate Transparency (RFC 6962)."""

ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Its root after each leaf, from none on."""

INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}
CONSISTENCY = {
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
SIZES = 33


@pytest.fixture(scope="module")
def tree() -> MerkleTree:
    return MerkleTree(bytes([number, number * 7 % 256]) for number in range(SIZES))


@pytest.fixture(scope="module")
def other(tree: MerkleTree) -> InmemoryTree:
    """The same leaves in another implementation."""
    twin = InmemoryTree(algorithm="sha256")
    for number in range(SIZES):
        twin.append_entry(bytes([number, number * 7 % 256]))
    return twin


def test_roots_are_those_of_the_reference_tree() -> None:
    tree = MerkleTree(LEAVES)
    assert [tree.root(size).hex() for size in range(9)] == ROOTS
    assert sha256(b"").digest() == EMPTY_ROOT


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference_tree(index: int, size: int) -> None:
    proof = MerkleTree(LEAVES).inclusion(index, size)
    assert tuple(step.hex() for step in proof) == INCLUSION[index, size]


@pytest.mark.parametrize(("old", "size"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference_tree(old: int, size: int) -> None:
    proof = MerkleTree(LEAVES).consistency(old, size)
    assert tuple(step.hex() for step in proof) == CONSISTENCY[old, size]


def test_every_leaf_is_proved_at_every_size_and_nothing_else_is(tree: MerkleTree) -> None:
    for size in range(1, SIZES + 1):
        root = tree.root(size)
        for index in range(size):
            hashed, proof = leaf_hash(bytes([index, index * 7 % 256])), tree.inclusion(index, size)
            assert is_included(hashed, index=index, size=size, proof=proof, root=root)
            assert not is_included(leaf_hash(b"other"), index=index, size=size, proof=proof, root=root)
            assert not is_included(hashed, index=index, size=size, proof=[*proof, root], root=root)
            assert not is_included(hashed, index=index + 1, size=size, proof=proof, root=root)
            if proof:
                assert not is_included(hashed, index=index, size=size, proof=proof[:-1], root=root)
            assert not is_included(hashed, index=index, size=size, proof=proof, root=EMPTY_ROOT)


def test_all_proofs_at_once_are_those_of_each_leaf_whether_leaves_came_at_once_or_one_by_one() -> None:
    grown = MerkleTree()
    for size in range(SIZES):
        at_once = MerkleTree(bytes([number]) for number in range(size))
        assert at_once.root() == grown.root()
        proofs = [tuple(step.hex() for step in at_once.inclusion(index)) for index in range(size)]
        assert at_once.inclusions() == grown.inclusions() == proofs
        grown.append(bytes([size]))
        at_once.append(bytes([size]))
        assert at_once.inclusions() == grown.inclusions()


def test_a_runs_script_finds_the_same_roots_and_proofs_at_every_size() -> None:
    leaves = [bytes([number]) for number in range(SIZES)]
    tree, levels = MerkleTree(leaves), tree_levels(leaves)
    assert root_of(levels, 0) == EMPTY_ROOT
    for size in range(1, SIZES + 1):
        assert root_of(levels, size) == tree.root(size)
        proofs = [json.loads(f"[{way}]") for way in proofs_of(tree_of(levels, size))]
        assert proofs == [[step.hex() for step in tree.inclusion(index, size)] for index in range(size)]


def test_every_older_tree_is_proved_to_be_the_beginning_and_no_other(tree: MerkleTree) -> None:
    for size in range(1, SIZES + 1):
        for old in range(1, size + 1):
            proof, roots = tree.consistency(old, size), (tree.root(old), tree.root(size))
            assert is_consistent(old=old, old_root=roots[0], size=size, root=roots[1], proof=proof)
            assert not is_consistent(old=old, old_root=EMPTY_ROOT, size=size, root=roots[1], proof=proof)
            assert not is_consistent(old=old, old_root=roots[0], size=size, root=EMPTY_ROOT, proof=proof)
            assert not is_consistent(old=old, old_root=roots[0], size=size, root=roots[1], proof=[*proof, roots[0]])
            if old < size:
                assert not is_consistent(old=old, old_root=roots[0], size=size, root=roots[1], proof=proof[:-1])


def test_what_is_not_there_is_not_proved(tree: MerkleTree) -> None:
    for index, size in ((SIZES, None), (-1, None), (0, 0), (0, SIZES + 1)):
        with pytest.raises(IndexError):
            tree.inclusion(index, size)
    for old, size in ((0, None), (SIZES + 1, None), (5, 4)):
        with pytest.raises(IndexError):
            tree.consistency(old, size)


def _path(proof: list[bytes], base: bytes, layout: list[int]) -> list[bytes]:
    assert len(layout) == len(proof) + 1
    return [base, *proof]


def test_inclusion_proofs_of_another_implementation_verify_here_and_ours_there(
    tree: MerkleTree, other: InmemoryTree
) -> None:
    for size in range(1, SIZES + 1):
        assert other.get_root(size) == tree.root(size)
        for index in range(size):
            theirs = other.prove_inclusion(index + 1, size)
            hashed = leaf_hash(bytes([index, index * 7 % 256]))
            assert is_included(hashed, index=index, size=size, proof=theirs.path[1:], root=tree.root(size))
            ours = InclusionProof(
                **theirs.get_metadata(), rule=theirs.rule, path=_path(tree.inclusion(index, size), hashed, theirs.path)
            )
            verify_inclusion(hashed, other.get_root(size), ours, index=index + 1, size=size)


def test_consistency_proofs_of_another_implementation_verify_against_our_roots_and_ours_against_its(
    tree: MerkleTree, other: InmemoryTree
) -> None:
    """It writes such a proof in a form of its own (the older tree's whole subtrees), so each checks its own form."""
    for size in range(2, SIZES + 1):
        for old in range(1, size):
            theirs, ours = other.prove_consistency(old, size), tree.consistency(old, size)
            verify_consistency(tree.root(old), tree.root(size), theirs, prior_size=old, later_size=size)
            roots = other.get_root(old), other.get_root(size)
            assert is_consistent(old=old, old_root=roots[0], size=size, root=roots[1], proof=ours)
