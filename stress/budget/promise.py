"""Whether a promised rate of false flags was kept over several worlds, how sure one can be, and if not, from where on.

What is promised is that, on average over worlds, the share of flags that are false stays at or under a target. In each
world the share is known; it is 0 where nobody was flagged. Where nothing is planted it is 1 as soon as anybody is
flagged, so its mean is the share of worlds with any flag, and the test is that of the binomial. Elsewhere it is
Student's t over the worlds, one-sided; shares of false flags lean to the right, for which this test errs on the safe
side. Where all worlds say the same there is no spread to go by, and Hoeffding's inequality for means of numbers
between 0 and 1 takes its place. The p-values of all cells that are tested together are adjusted for the false discovery
rate, by the procedure of Benjamini and Hochberg.

Source: Hoeffding (1963), JASA 58:13, theorem 1; Johnson (1978), JASA 73:536, for the t-test of a skewed mean.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from audit.rates.intervals import proportion
from data.arrays import Bools, Floats
from models.selection.fdr import q_values
from stress.effects import FEWEST

LEVEL: Final = 0.05
"""Of the cells that are said to exceed their target, the share that may be expected to do so by chance."""

CONFIDENCE: Final = 0.95
"""Of the upper bounds, each taken by itself."""

EXCEEDS, HOLDS, TOO_FEW, NO_PROMISE = "exceeds", "holds", "too_few", "no_promise"
"""What becomes of a cell. `exceeds`: more than the target, by more than chance explains. `holds`: at or under it, where
a failure could have shown. `too_few`: over it, but not by more than chance explains; or fewer than three worlds, or so
few that not even nothing but false flags would have stood out. `no_promise`: nothing was promised."""


def mean_p_values(achieved: Floats, error: Floats, worlds: Floats, target: Floats, *, planted: Bools) -> Floats:
    """Return the chance of a mean as high as was achieved if the target were kept, one-sided; NaN without target.

    All are aligned arrays: the mean over worlds, its standard error, the number of worlds, the target, and whether
    anything was planted in the worlds. Where nothing was, the mean is a share of worlds.
    """
    from scipy.stats import binom, t

    with np.errstate(invalid="ignore", divide="ignore"):
        # Rounded, because the mean of zeros and ones times their number is a count but for its last bits.
        by_count = binom.sf(np.round(achieved * worlds) - 1, worlds, target)
        by_spread = t.sf((achieved - target) / error, np.maximum(worlds - 1, 1))
    no_spread = ~(error > 0)
    by_mean = np.where(no_spread, np.exp(-worlds * divergence(achieved, target)), by_spread)
    p_values: Floats = np.where(planted, by_mean, by_count)
    return np.where(np.isnan(target) | (worlds < 1), np.nan, p_values)


def divergence(achieved: Floats, target: Floats) -> Floats:
    """Return by how much a share exceeds a target, as Kullback and Leibler measure it; 0 where it does not.

    Example:
        >>> divergence(np.array([1.0, 0.05]), np.array([0.1, 0.1])).round(4).tolist()
        [2.3026, 0.0]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share_part = np.where(achieved > 0, achieved * np.log(achieved / target), 0.0)
        complement_part = np.where(achieved < 1, (1 - achieved) * np.log((1 - achieved) / (1 - target)), 0.0)
    return np.where(achieved > target, share_part + complement_part, 0.0)


def upper_bounds(achieved: Floats, error: Floats, worlds: Floats, *, planted: Bools) -> Floats:
    """Return the upper bound of what is achieved in the long run, at 95% confidence, one-sided, each by itself.

    It is Clopper and Pearson's where nothing is planted, else Student's t, which for shares that lean to the right is
    somewhat low; Hoeffding's where all worlds say the same. NaN without worlds.
    """
    from scipy.stats import t

    # The upper end of a two-sided interval at 90% is the one-sided bound at 95%.
    _, exact = proportion(np.round(achieved * worlds), worlds, confidence=2 * CONFIDENCE - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_spread = np.minimum(1.0, achieved + t.ppf(CONFIDENCE, np.maximum(worlds - 1, 1)) * error)
    no_spread = ~(error > 0)
    upper = np.where(planted, by_spread, exact)
    for at in np.flatnonzero(planted & no_spread & (worlds > 0)).tolist():
        upper[at] = _highest(float(achieved[at]), float(worlds[at]))
    return np.where(worlds < 1, np.nan, upper)


def _highest(achieved: float, worlds: float) -> float:
    """Return the highest mean in the long run under which one as low as was achieved is no rarer than 5%."""
    if achieved >= 1:
        return 1.0
    threshold = -np.log(1 - CONFIDENCE) / worlds
    low, high = achieved, 1.0
    # Sixty halvings of an interval no wider than 1 leave nothing that a double could tell apart.
    for _ in range(60):
        middle = (low + high) / 2
        # Of falling short rather than exceeding: the same with both shares turned round.
        near = float(divergence(np.array([1 - achieved]), np.array([1 - middle]))[0]) <= threshold
        low, high = (middle, high) if near else (low, middle)
    return low


def cell_verdicts(achieved: Floats, p_values: Floats, worlds: Floats, target: Floats) -> tuple[Floats, list[str]]:
    """Return the q-values of cells that are tested together, and what becomes of each.

    Example:
        >>> q, said = cell_verdicts(*(np.array(v) for v in ([1.0, 0.0], [0.1**4, 1.0], [4.0, 4.0], [0.1, 0.1])))
        >>> q.round(4).tolist(), said
        ([0.0002, 1.0], ['exceeds', 'holds'])
    """
    q = q_values(p_values)
    tests = int(np.sum(~np.isnan(p_values)))
    with np.errstate(invalid="ignore"):
        exceeds = q <= LEVEL
        # Whatever a test's kind, nothing but false flags in every world has this chance.
        blind = (worlds < FEWEST) | (target**worlds > LEVEL / max(tests, 1))
        undecided = blind | (achieved > target)
    labels = np.select([np.isnan(p_values), exceeds, undecided], [NO_PROMISE, EXCEEDS, TOO_FEW], HOLDS)
    return q, [str(t) for t in labels]
