"""Who comes up when names are drawn from a hat? What any other way must beat."""

from __future__ import annotations

import numpy as np

from data.arrays import Floats, Ids
from data.vocabulary import SubjectKind
from models.baseline import Baseline, Ranking
from models.panel import Panel


class RandomOrder(Baseline):
    """Ranks by a number drawn for each subject from its id and the seed alone, whoever else there is."""

    kinds: tuple[SubjectKind, ...] = ("officer", "unit")
    question = "Who comes up when names are drawn from a hat?"
    references = ("Steele, Lea and Flood (2014), OOPSLA: the mixing function",)

    def ranking(self, panel: Panel, *, seed: int) -> Ranking:
        """Return the ranking of this seed."""
        return lambda other: _drawn(other.ids, seed)


def _drawn(ids: Ids, seed: int) -> Floats:
    """Return a number from 0 to 1 for each id, by mixing it with the seed (SplitMix64)."""
    mixed = ids.astype(np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**53)


BASELINE = RandomOrder()
