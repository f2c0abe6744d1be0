"""Selection by posterior chance: as many as can be, while few of them are expected not to be what is claimed.

Source: Mueller, Parmigiani, Robert and Rousseau (2004), JASA 99:990, show that cutting posterior chances where their
mean reaches a rate selects the most at that rate; Newton, Noueiry, Sarkar and Ahlquist (2004), Biostatistics 5:155.
Ranking by the chance of lying above a threshold is one of the rules of Henderson and Newton (2016), JRSS B 78:781.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from data.arrays import Floats
from models.selection.fdr import Selection

LIKELY: Final = 0.5
"""Nobody is selected of whom the contrary of what is claimed is the likelier."""


def select_by_chance(chance: Floats, *, q: float) -> Selection:
    """Select the most subjects whose mean chance of not being what is claimed is at most q; equals come as a set.

    `chance` is that of each subject, NaN where there is not enough evidence. A subject's q-value is the mean chance
    among those selected if it is the last.

    Example:
        >>> select_by_chance(np.array([0.02, 0.9, 0.15, np.nan]), q=0.1).chosen.tolist()
        [True, False, True, False]
    """
    known = np.flatnonzero(~np.isnan(chance))
    order = known[np.argsort(chance[known], kind="stable")]
    ordered = chance[order]
    mean = np.cumsum(ordered) / np.arange(1, len(order) + 1)
    # Equals get the mean that all of them together come to.
    mean = mean[np.searchsorted(ordered, ordered, side="right") - 1] if len(order) else mean
    q_value = np.full(len(chance), np.nan)
    q_value[order] = mean
    with np.errstate(invalid="ignore"):
        chosen = (q_value <= q) & (chance <= LIKELY)
    threshold = float(chance[chosen].max()) if chosen.any() else 0.0
    return Selection(chosen, np.zeros(len(chance), dtype=np.bool_), q_value, threshold, len(chance) - len(known))
