"""What a run's ledger says of each flag: where it stands in it, by which proof, and what people decided."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from audit.log.log_folder import open_log
from audit.log.reviews import Review, recorded_reviews
from ledger.merkle import MerkleTree, leaf_hash
from pipeline.run_ledger import CHECKPOINT, FLAGS, PRACTICES, read_lines, record_leaves


@dataclass(frozen=True)
class LedgerEntries:
    """The leaves of a run's flags and practice findings, in the order in which the run sealed them, and reviews.

    The proofs lead to the root that the manifest names in its `seal`: that over the leaves before the manifest's own.
    """

    leaves: tuple[bytes, ...]
    places: Mapping[str, int]
    reviews: Mapping[str, list[Review]]

    @cached_property
    def _tree(self) -> MerkleTree:
        return MerkleTree(self.leaves)

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        return {}

    @property
    def seal(self) -> dict[str, Any]:
        """How many leaves the run sealed, their root, and every hash that a proof given out so far names by its number.

        Proofs share most of their hashes, so a page that holds each once is far smaller.
        """
        hashes = base64.b64encode(b"".join(self._numbers)).decode()
        return {"size": len(self.leaves), "root": self._tree.root().hex(), "hashes": hashes}

    def of(self, flag_id: str) -> dict[str, Any]:
        """Return what the page of a flag shows: its leaf and proof, or None, and its reviews, the earliest first."""
        return {
            "leaf": self._leaf(flag_id),
            "reviews": [
                [r.at, r.reviewer, r.outcome, r.reason, "contested" if r.contested else ""]
                for r in self.reviews.get(flag_id, ())
            ],
        }

    def _leaf(self, flag_id: str) -> dict[str, Any] | None:
        at = self.places.get(flag_id)
        if at is None:
            return None
        steps = [leaf_hash(self.leaves[at]), *self._tree.inclusion(at)]
        numbers = [self._numbers.setdefault(step, len(self._numbers)) for step in steps]
        return {"index": at, "content": self.leaves[at].decode(), "hash": numbers[0], "proof": numbers[1:]}


def ledger_entries(run: Path) -> LedgerEntries:
    """Return what the ledger of a run says of its flags; nothing where the run has none.

    Raises:
        VerificationFailed: the ledger cannot be read.
    """
    leaves = record_leaves({FLAGS: read_lines(run / FLAGS), PRACTICES: read_lines(run / PRACTICES)})
    places = {_flag_of(leaf): at for at, leaf in enumerate(leaves)}
    reviews: dict[str, list[Review]] = defaultdict(list)
    if (run / CHECKPOINT).is_file():
        for review in recorded_reviews(open_log(run)):
            reviews[review.flag_id].append(review)
    return LedgerEntries(tuple(leaves), places, dict(reviews))


def _flag_of(leaf: bytes) -> str:
    return str(json.loads(leaf).get("flag_id", ""))
