"""How many of some flags can be false, for whichever of them a reader picks after having seen them all.

Controlling the false discovery rate promises something about an average over many runs and about one set, fixed by the
procedure. A reader who looks at the first ten only, or at one area, is outside that promise. The bounds here hold for
all subsets at once, with a stated confidence, so they hold for whichever is picked.

Source: Goeman and Solari (2011), Statistical Science 26:584 (closed testing bounds all subsets at once); Goeman,
Meijer, Krebs and Solari (2019), Biometrika 106:841 (a shortcut for Simes tests); Hommel (1983), Biometrical Journal
25:423 (a Simes test for any dependence).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from models.selection.fdr import Dependence, penalty


@dataclass(frozen=True)
class FalseBound:
    """What is needed to bound the false ones in any subset of the tests it was made from.

    `possible` is the largest number of tests that could all be of subjects without concern, at this confidence; `level`
    is what a p-value is held against (one minus the confidence, smaller where any dependence is allowed for).
    """

    possible: int
    level: float
    confidence: float

    def at_most(self, p_values: Floats) -> int:
        """Return how many of these, a subset of the tests, are false at most.

        Holds for all subsets at once with probability `confidence`, however they are picked. NaN counts as false.
        """
        n = len(p_values)
        steps = np.arange(1, n + 1)
        # The u-th count is of those whose p-value, times the possible, is at most u levels.
        needed = np.sort(np.where(np.isnan(p_values), np.inf, p_values * self.possible))
        count = np.searchsorted(needed, steps * self.level, side="right")
        true = int(np.max(1 - steps + count, initial=0))
        return n - true


def bound_false(p_values: Floats, *, confidence: float, dependence: Dependence = "positive") -> FalseBound:
    """Return the bound on false ones among all tests; NaN is no test.

    With `positive` it holds where Simes' inequality does: for p-values that are independent or positively dependent.
    With `any` it always holds, and says less.

    Example:
        >>> tests = np.array([0.0001, 0.0002, 0.0003, 0.4, 0.8])
        >>> bound_false(tests, confidence=0.9).at_most(tests[:3])
        0
    """
    ordered = np.sort(p_values[~np.isnan(p_values)])
    m = len(ordered)
    level = (1 - confidence) / penalty(m, dependence)
    # The i largest could all be false unless, for some k with p_k among them, i >= (m - k) level / (level - p_k):
    # Simes' test, solved for i.
    small = np.flatnonzero(ordered < level)
    if m and ordered[-1] <= level:
        return FalseBound(0, level, confidence)
    if not len(small):
        return FalseBound(m, level, confidence)
    refuted = np.min(np.maximum((m - 1 - small) * level / (level - ordered[small]), m - small))
    return FalseBound(min(m, int(np.ceil(refuted)) - 1), level, confidence)
