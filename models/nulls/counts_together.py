"""The nulls of all that is counted in one force, fitted together: how people differ in one thing, the others tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from models.nulls.mixed_binomial import Counts, Middle, MixedBinomialNull, fit_mixed_binomial, learn_spread, middle_of
from models.nulls.settled import is_settled


@dataclass(frozen=True)
class FittedCounts:
    """A null beside the counts it was fitted to: what each person's groups add, and each person's chance.

    Chances are NaN where the fit of the null did not come to rest. `middle` is what the null and, with those of all
    other counts, the prior of its spread follow from.
    """

    null: MixedBinomialNull
    offset: Floats
    p_value: Floats
    middle: Middle


def fit_together(
    every: Sequence[Counts],
    *,
    fitted_to: Sequence[Counts] | None = None,
    middles: Sequence[Middle | None] | None = None,
) -> list[FittedCounts | None]:
    """Fit the nulls of several kinds of counts of one force, with the prior of their spreads learned over all of them.

    None where nothing can be said: see `middle_of`. The chance of each count is that of at least so many hits. What is
    ordinary is fitted to the counts themselves unless others, `fitted_to`, are given. `middles` holds those that were
    looked at before, None for the others: to look at the middle takes most of the time, and what follows from all of
    them together next to none.

    Example:
        >>> import numpy as np
        >>> hits = np.repeat([0.0, 1.0, 2.0, 15.0], [60, 25, 14, 1])
        >>> (fitted,) = fit_together([Counts(hits, np.full(100, 20.0))])
        >>> bool(fitted.p_value[-1] < 0.01 < fitted.p_value[-2])
        True
    """
    before: Sequence[Middle | None] = [None] * len(every) if middles is None else middles
    peers = every if fitted_to is None else fitted_to
    looked_at = [middle_of(counts) if middle is None else middle for counts, middle in zip(peers, before, strict=True)]
    known = [middle for middle in looked_at if middle is not None]
    prior = learn_spread(known) if known else None
    fitted: list[FittedCounts | None] = []
    for counts, middle in zip(every, looked_at, strict=True):
        if middle is None or prior is None:
            fitted.append(None)
            continue
        null = fit_mixed_binomial(middle, prior)
        offset = null.offsets(counts.groups, len(counts.hits))
        chances = null.upper_tail(counts.hits, counts.trials, offset)
        fitted.append(
            FittedCounts(null, offset, chances if is_settled(null) else np.full_like(chances, np.nan), middle)
        )
    return fitted
