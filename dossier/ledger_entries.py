"""What a run's ledger says of each flag: where it stands in it, and what people decided."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.log.log_folder import open_log
from audit.log.reviews import Review, recorded_reviews
from ledger.merkle import leaf_hash
from pipeline.run_ledger import CHECKPOINT


@dataclass(frozen=True)
class LedgerEntries:
    """The leaves of a run's flags, with their places among so many, and the reviews of each."""

    size: int
    leaves: dict[str, tuple[int, str]]
    reviews: dict[str, list[Review]]

    def of(self, flag_id: str) -> dict[str, Any]:
        """Return what the page of a flag shows: its leaf, or None, and its reviews, the earliest first."""
        place = self.leaves.get(flag_id)
        return {
            "leaf": None if place is None else {"index": place[0], "size": self.size, "sha256": place[1]},
            "reviews": [
                [r.at, r.reviewer, r.outcome, r.reason, "contested" if r.contested else ""]
                for r in self.reviews.get(flag_id, ())
            ],
        }


def ledger_entries(run: Path) -> LedgerEntries:
    """Return what the ledger of a run says of its flags; nothing where the run has none.

    Raises:
        VerificationFailed: the ledger cannot be read.
    """
    if not (run / CHECKPOINT).is_file():
        return LedgerEntries(0, {}, {})
    log = open_log(run)
    leaves = log.leaves()
    places = {
        str(leaf.content["flag_id"]): (at, leaf_hash(leaf.line).hex())
        for at, leaf in enumerate(leaves)
        if leaf.kind == "flag"
    }
    reviews: dict[str, list[Review]] = defaultdict(list)
    for review in recorded_reviews(log):
        reviews[review.flag_id].append(review)
    return LedgerEntries(len(leaves), places, dict(reviews))
