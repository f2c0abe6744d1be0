"""Tails and quantiles of the negative binomial distribution, without what takes a second to import.

`scipy.stats.nbinom` calls two compiled functions that stand beside those of `scipy.special`, after checks of its
arguments. To import `scipy.stats` takes longer than most questions that are asked of a finished run. So the functions
are called themselves, which gives the same bits; where a release of SciPy does not have them under these names,
`scipy.stats` is asked.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import _ufuncs

from data.arrays import Floats

_DIRECT: Final = all(hasattr(_ufuncs, name) for name in ("_nbinom_sf", "_nbinom_ppf"))


def upper_tail(counts: Floats, size: Floats | float, success: Floats | float) -> Floats:
    """Return the chance of at least so many failures before `size` successes, each with chance `success`.

    Sizes are positive, chances above 0 and at most 1; arrays broadcast.

    Example:
        >>> upper_tail(np.array([0.0, 1.0, 3.0]), 2.0, 0.5).tolist()
        [1.0, 0.75, 0.3125]
    """
    if not _DIRECT:
        from scipy.stats import nbinom

        return np.asarray(nbinom.sf(counts - 1.0, size, success), dtype=np.float64)
    above = np.floor(np.maximum(counts - 1.0, 0.0))
    tail = np.clip(_ufuncs._nbinom_sf(above, size, success), 0.0, 1.0)
    return np.asarray(np.where(counts < 1.0, 1.0, tail), dtype=np.float64)


def quantile(at: float, size: Floats | float, success: Floats | float) -> Floats:
    """Return the smallest number of failures at or below which there are with a chance of at least `at`.

    Example:
        >>> quantile(0.75, np.array([2.0, 2.0]), np.array([0.5, 0.1])).tolist()
        [3.0, 25.0]
    """
    if not _DIRECT:
        from scipy.stats import nbinom

        return np.asarray(nbinom.ppf(at, size, success), dtype=np.float64)
    with np.errstate(over="ignore"):
        return np.asarray(_ufuncs._nbinom_ppf(at, size, success), dtype=np.float64)
