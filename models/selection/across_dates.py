"""Selecting again and again: what each as-of date may use of the false discovery rate allowed over all of them.

The same force is looked at month after month. Selecting at rate q on each date keeps the rate of each date, not that of
everything ever selected. Two ways of keeping that:

- `spending` gives each of the run's dates an equal share of q. Whatever the dates have to do with one another, and they
  have much, since windows overlap, the false share of all selections taken together is at most the sum of the dates'
  own, so its mean is at most q.
- `batch` is Batch-BH: dates that select much give back some of what they were allowed. It has more power, and is proved
  for p-values that are independent within and across dates only. Windows that overlap are not.

Source: Zrnic, Jiang, Ramdas and Jordan (2020), The power of batching in multiple hypothesis testing, AISTATS 3806,
algorithm 1, with equal parts in place of a decaying sequence, since the dates of a run are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from data.arrays import Floats
from models.selection.fdr import Dependence, Selection, penalty, select_by_fdr

Across = Literal["each", "spending", "batch"]
ACROSS: Final[tuple[Across, ...]] = ("each", "spending", "batch")


@dataclass
class SequentialSelection:
    """The selections made so far on the dates of one run, for one kind of subject and concern, in order of date.

    `total` is the number of dates there will be.
    """

    q: float
    total: int
    across: Across = "each"
    dependence: Dependence = "positive"
    _used: list[tuple[float, int, int]] = field(default_factory=list)

    def select(self, p_values: Floats) -> Selection:
        """Select on the next date; its level depends on the dates before and on nothing later."""
        tests = int(np.sum(~np.isnan(p_values)))
        level = self._level(tests)
        selection = select_by_fdr(p_values, q=level, dependence=self.dependence)
        more = _with_one_more(p_values, level / penalty(tests, self.dependence))
        self._used.append((level, int(selection.chosen.sum()), more))
        return selection

    @property
    def levels(self) -> list[float]:
        """The level used on each date so far."""
        return [level for level, _, _ in self._used]

    def _level(self, tests: int) -> float:
        if self.across == "each":
            return self.q
        if self.across == "spending" or not tests:
            return self.q / self.total
        allowed = self.q * (len(self._used) + 1) / self.total
        selected = sum(chosen for _, chosen, _ in self._used)
        spent = sum(level * more / (more + selected - chosen) for level, chosen, more in self._used if more)
        return min(max(allowed - spent, 0.0) * (tests + selected) / tests, 1.0)


def _with_one_more(p_values: Floats, level: float) -> int:
    """Return the most that could have been selected had one of the tests had a p-value of 0."""
    ordered = np.sort(p_values[~np.isnan(p_values)])
    m = len(ordered)
    shifted = np.concatenate([[0.0], ordered[:-1]]) if m else ordered
    reached = np.flatnonzero(shifted <= level * np.arange(1, m + 1) / max(m, 1))
    return int(reached[-1]) + 1 if len(reached) else 0
