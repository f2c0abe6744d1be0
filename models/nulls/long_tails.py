"""Longer tails for the nulls of series: at the far end ordinary people differ by more than a gamma or beta allows.

A gamma-Poisson or beta-binomial null is fitted to the middle of a force and asked about its far end. In forces that
nobody designed its answer there is too small: some people's work is to look the same people up again, some are
complained of many times as often as their colleagues, and a selection among thousands takes them for impossible. What
such a null expects of each person is kept; how far people lie from it is fitted anew.

For rates a small class of ordinary people has several times the others' (`models.nulls.rate_classes`), each series by
itself. For shares the null is the one that rules use (`models.nulls.mixed_binomial`): the log-odds follow Student's t,
and their spread is never estimated alone but has a prior that all series of a detector share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

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
from models.nulls.rate_classes import RateClassesNull, fit_rate_classes
from models.nulls.series_nulls import ProportionNull, RateNull, SeriesNull, SeriesPValues
from models.panel import Panel, Series
from models.scores import Contribution


@dataclass(frozen=True)
class ClassedRateNull:
    """A fitted null of rates, and how far ordinary people lie from what it expects: most near it, a few far above."""

    null: RateNull
    classes: RateClassesNull

    def test(self, panel: Panel, series: Series) -> SeriesPValues:
        """Test by the upper tail those whom the null itself can test."""
        one = self.null.expect(panel, series)
        p_value = np.full(len(panel.ids), np.nan)
        p_value[one.at] = self.classes.upper_tail(one.counts, one.expected)
        # What the null itself says is asked only where a contribution is shown.
        own = cache(lambda: self.null.test(panel, series))

        def explain(at: int) -> Contribution:
            expected = float(one.expected[int(np.searchsorted(one.at, at))])
            low, high = self.classes.interval(expected)
            return replace(
                own().explain(at),
                expected=self.classes.expected(expected),
                low=low,
                high=high,
                p_value=float(p_value[at]),
                shape=None,
            )

        return SeriesPValues(p_value, explain)


@dataclass(frozen=True)
class LongTailedNull:
    """A fitted null of shares with another spread: as far from what is expected as somebody ordinary may lie."""

    null: ProportionNull
    spread: MixedBinomialNull

    def test(self, panel: Panel, series: Series) -> SeriesPValues:
        """Test by the upper tail those whom the null itself can test."""
        tested, counts, offset = _expected(self.null, panel, series)
        p_value = np.full(len(panel.ids), np.nan)
        p_value[tested] = self.spread.upper_tail(counts.hits, counts.trials, offset)
        own = cache(lambda: self.null.test(panel, series))

        def explain(at: int) -> Contribution:
            n = int(np.searchsorted(tested, at))
            trials, added = float(counts.trials[n]), float(offset[n])
            low, high = self.spread.interval(trials, added)
            return replace(
                own().explain(at),
                expected=self.spread.expected(trials, added),
                low=low,
                high=high,
                p_value=float(p_value[at]),
                precision=None,
            )

        return SeriesPValues(p_value, explain)


def lengthen_tails(
    nulls: Sequence[SeriesNull | None], panel: Panel, chosen: Sequence[Series]
) -> list[SeriesNull | None]:
    """Return each null with the spread that the force has; itself where nobody has any hit."""
    pairs = list(zip(nulls, chosen, strict=True))
    middles = [_middle(null, panel, series) if isinstance(null, ProportionNull) else None for null, series in pairs]
    informative = [middle for middle in middles if middle is not None]
    prior = learn_spread(informative) if informative else None
    longer: list[SeriesNull | None] = []
    for (null, series), middle in zip(pairs, middles, strict=True):
        if isinstance(null, RateNull):
            longer.append(_with_classes(null, panel, series))
        elif isinstance(null, ProportionNull) and middle is not None and prior is not None:
            longer.append(LongTailedNull(null, fit_mixed_binomial(middle, prior)))
        else:
            longer.append(null)
    return longer


def _with_classes(null: RateNull, panel: Panel, series: Series) -> RateNull | ClassedRateNull:
    one = null.expect(panel, series)
    # Without any event every rate is 0, and nothing tells how far people lie apart.
    if not one.counts.any():
        return null
    return ClassedRateNull(null, fit_rate_classes(one.counts, one.expected, null.fitted.shape))


def _middle(null: ProportionNull, panel: Panel, series: Series) -> Middle | None:
    _, counts, offset = _expected(null, panel, series)
    return middle_of(replace(counts, offset=offset))


def _expected(null: ProportionNull, panel: Panel, series: Series) -> tuple[Positions, Counts, Floats]:
    """Return who can be tested, their counts, and what peers lead one to add to their log-odds."""
    own = null.expect(panel, series)
    return own.at, Counts(own.counts, own.trials), np.asarray(logit(own.share))
