"""Longer tails for the nulls of series: at the far end ordinary people differ by more than a gamma or beta allows.

A gamma-Poisson or beta-binomial null is fitted to the middle of a force and asked about its far end. In forces that
nobody designed its answer there is too small: some people's work is to look the same people up again, some are
complained of by one person who goes on complaining, and a selection among thousands takes them for impossible. What
such a null expects of each person is kept; how far people lie from it is fitted anew with the null that rules use
(`models.nulls.mixed_binomial`): the logarithm follows Student's t, and its spread is never estimated alone but has a
prior that all series of a detector share.

A count with an exposure is taken as hits out of very many trials, `TRIALS` for each event expected: then binomial
counts are hardly to be told from Poisson ones (Le Cam 1960, Pacific Journal of Mathematics 10:1181).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.special import logit

from data.arrays import Floats, Positions
from models.nulls.mixed_binomial import (
    Counts,
    Middle,
    MixedBinomialNull,
    fit_mixed_binomial,
    learn_spread,
    middle_of,
)
from models.nulls.series_nulls import ProportionNull, RateNull, SeriesNull, SeriesPValues
from models.panel import Panel, Series
from models.scores import Contribution

TRIALS: Final = 1000.0
"""Trials for each event that is expected of somebody."""


@dataclass(frozen=True)
class LongTailedNull:
    """A fitted null with another spread between people: as far from what is expected as somebody ordinary may lie."""

    null: RateNull | ProportionNull
    spread: MixedBinomialNull

    def test(self, panel: Panel, series: Series) -> SeriesPValues:
        """Test by the upper tail those whom the null itself can test."""
        tested, counts, offset = _expected(self.null, panel, series)
        p_value = np.full(len(panel.ids), np.nan)
        p_value[tested] = self.spread.upper_tail(counts.hits, counts.trials, offset)
        own = self.null.test(panel, series)

        def explain(at: int) -> Contribution:
            n = int(np.searchsorted(tested, at))
            trials, added = float(counts.trials[n]), float(offset[n])
            low, high = self.spread.interval(trials, added)
            return replace(
                own.explain(at),
                expected=self.spread.expected(trials, added),
                low=low,
                high=high,
                p_value=float(p_value[at]),
                shape=None,
                precision=None,
            )

        return SeriesPValues(p_value, explain)


def lengthen_tails(
    nulls: Sequence[SeriesNull | None], panel: Panel, chosen: Sequence[Series]
) -> list[SeriesNull | None]:
    """Return each null with the spread that the middle of the force has; itself where nobody has any hit."""
    middles = [
        _middle(null, panel, series) if isinstance(null, RateNull | ProportionNull) else None
        for null, series in zip(nulls, chosen, strict=True)
    ]
    known = [middle for middle in middles if middle is not None]
    prior = learn_spread(known) if known else None
    return [
        null
        if middle is None or prior is None or not isinstance(null, RateNull | ProportionNull)
        else LongTailedNull(null, fit_mixed_binomial(middle, prior))
        for null, middle in zip(nulls, middles, strict=True)
    ]


def events_as_hits(events: Floats, expected: Floats) -> Counts:
    """Return counts with expectations as hits out of so many trials that they hardly differ from Poisson ones.

    Example:
        >>> events_as_hits(np.array([3.0]), np.array([0.5])).trials.tolist()
        [500.0]
    """
    return Counts(events, np.maximum(np.ceil(TRIALS * expected), np.maximum(events, 1.0)))


def _middle(null: RateNull | ProportionNull, panel: Panel, series: Series) -> Middle | None:
    _, counts, offset = _expected(null, panel, series)
    return middle_of(replace(counts, offset=offset))


def _expected(null: RateNull | ProportionNull, panel: Panel, series: Series) -> tuple[Positions, Counts, Floats]:
    """Return who can be tested, their counts, and what peers lead one to add to their log-odds."""
    if isinstance(null, RateNull):
        one = null.expect(panel, series)
        return one.at, events_as_hits(one.counts, one.expected), np.zeros(len(one.at))
    own = null.expect(panel, series)
    return own.at, Counts(own.counts, own.trials), np.asarray(logit(own.share))
