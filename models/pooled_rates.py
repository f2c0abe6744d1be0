"""Weak signs of one state of a person added up: how far what is counted lies above what is expected, over all of it.

Where a concern shows in one thing or another, the strongest sign says most. Where it shows a little in several, as
strain does in sickness, overtime and cut tours, or a supervisor's conduct in grievances and in tours cut after them, no
single chance is small, and the smallest of many is mostly noise. Here each count is a log rate next to what is
expected, drawn towards nothing the more so the less is expected (gamma-Poisson), and those above nothing are added up.
They are added as if one told nothing of another; kinds of counts that go together weigh too much, so that the sum ranks
and is no chance.

What is expected is the mean of two views: next to posting peers, and next to everybody. Peers alone take away what is
common to a posting or a rank, and with it whoever has power over others.

Sources: Clayton and Kaldor (1987), Biometrics 43:671, for the shrunk rate; Henderson and Newton (2016), JASA 111:1500,
for ranking by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.arrays import Floats, Positions
from models.nulls.truncated import FEWEST_PEERS, PRIOR_EVENTS
from models.panel import Panel, Series

EVENTS_OF_AN_AMOUNT: Final = 3.0
"""Whoever has any of an amount (minutes, days) has this many events' worth on average: amounts come in lumps."""

_UNUSUAL: Final = 0.99
_SHAPES: Final = (0.3, 20.0)


@dataclass(frozen=True)
class Counted:
    """How much there is of something and the opportunity for it, by subject; NaN or 0 opportunity where not known."""

    counts: Floats
    exposure: Floats


def counted_in(panel: Panel) -> list[Counted]:
    """Return what is counted of a panel's subjects, once for each indicator, over its longest window."""
    longest: dict[str, Series] = {}
    for series in panel.series:
        before = longest.get(series.indicator.name)
        if before is None or before.cells.window < series.cells.window:
            longest[series.indicator.name] = series
    return [_counted(series) for series in longest.values()]


def _counted(series: Series) -> Counted:
    counts, exposure = series.cells.value, series.cells.exposure
    if np.isnan(exposure).all():
        exposure = np.ones(len(counts))
    if series.indicator.aggregate not in ("count", "distinct"):
        amounts = counts[np.nan_to_num(counts) > 0]
        counts = counts * EVENTS_OF_AN_AMOUNT / amounts.mean() if len(amounts) else counts
    return Counted(counts, np.where(series.ok, exposure, np.nan))


def pooled_excess(every: Sequence[Counted], group: Positions) -> Floats:
    """Return how far above what is expected each subject lies, over everything that is counted; 0 where nothing is.

    `group` numbers the subjects' peer groups from 0.

    Example:
        >>> group, days = np.zeros(100, dtype=np.intp), np.full(100, 200.0)
        >>> grievances, transfers = np.repeat([0.0, 1.0, 9.0], [50, 49, 1]), np.repeat([0.0, 1.0, 3.0], [30, 69, 1])
        >>> total = pooled_excess([Counted(grievances, days), Counted(transfers, days)], group)
        >>> int(np.argmax(total)), float(total[0])
        (99, 0.0)
    """
    total = np.zeros(len(group))
    for one in every:
        total += np.maximum(_two_views(one, group), 0.0)
    return total


def standardised_excess(every: Sequence[Counted], group: Positions) -> Floats:
    """Return the sum of squares of each subject's excesses, each over how much subjects differ in it; 0 where none is.

    Kinds of counts in which subjects differ little weigh as much as those in which they differ widely, and one that is
    far out weighs more than several that are a little: for subjects of whom each is expected to stand out in few kinds.

    Example:
        >>> group, days = np.zeros(100, dtype=np.intp), np.full(100, 200.0)
        >>> counts = np.repeat([0.0, 1.0, 9.0], [50, 49, 1])
        >>> int(np.argmax(standardised_excess([Counted(counts, days)], group)))
        99
    """
    total = np.zeros(len(group))
    for one in every:
        excess = _two_views(one, group)
        spread = float(excess.std())
        if spread > 0.0:
            total += np.maximum((excess - excess.mean()) / spread, 0.0) ** 2
    return total


def _two_views(one: Counted, group: Positions) -> Floats:
    """Return the mean of the log excess next to the group and next to everybody."""
    return 0.5 * (log_excess(one, group) + log_excess(one, np.zeros_like(group)))


def log_excess(one: Counted, group: Positions) -> Floats:
    """Return the logarithm of each subject's shrunk rate next to that of the group; 0 where it is not known."""
    countable = np.isfinite(one.counts) & np.isfinite(one.exposure) & (one.exposure > 0)
    excess = np.zeros(len(group))
    counts, exposure = one.counts[countable], one.exposure[countable]
    if len(counts) < FEWEST_PEERS or not counts.any():
        return excess
    expected = _expected(counts, exposure, group[countable])
    shape = _shape(counts, expected)
    excess[countable] = np.log((counts + shape) / (expected + shape))
    return excess


def _expected(counts: Floats, exposure: Floats, group: Positions) -> Floats:
    """Return what each group's rate leads one to expect, the few highest counts cut down and small groups shrunk."""
    usual = np.minimum(counts, max(float(np.quantile(counts, _UNUSUAL)), 1.0))
    common = counts.sum() / exposure.sum()
    events = np.bincount(group, weights=usual) + PRIOR_EVENTS
    opportunity = np.bincount(group, weights=exposure) + PRIOR_EVENTS / common
    return np.asarray((events / opportunity)[group] * exposure)


def _shape(counts: Floats, expected: Floats) -> float:
    """Return the shape of the gamma that rates follow, by moments, far counts cut down."""
    usual = np.minimum(counts, np.maximum(4.0 * expected, 3.0))
    beyond = float(np.sum((usual - expected) ** 2 - expected) / np.sum(expected**2))
    return float(np.clip(1.0 / max(beyond, 1e-3), *_SHAPES))
