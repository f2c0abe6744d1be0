"""What peers with the same exposure would have left, period by period.

A group's rate in a period is drawn towards the force's rate in that period times the group's usual level, so that a
small group in a short period says little by itself, and a change of recording in one place is still followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from data.arrays import Floats, Ids, Positions
from features.past import History, PeriodCounts
from models.nulls.truncated import PRIOR_EVENTS
from models.peers import SMALLEST_GROUP, peer_groups

EVERYBODY: Final = "everybody"
"""The one group of all, for the view in which nobody is compared within a posting."""

_ROUNDS: Final = 5
"""How often levels of groups and rates of periods are worked out by turns; both then stand still to three digits."""


@dataclass(frozen=True)
class Standings:
    """The peer group of everybody in service at the end of each period; `smallest` is the least members of a group.

    With `posted` False everybody is in one group. `drawn` says how many times each subject of the as-of date counts
    among the peers, where these were drawn anew.
    """

    history: History
    smallest: int = SMALLEST_GROUP
    posted: bool = True
    drawn: Floats | None = None

    def times(self, ids: Ids) -> Floats | None:
        """Return how many times each subject counts among the peers; None where each counts once.

        Who was in service earlier and is not any more counts once.
        """
        if self.drawn is None:
            return None
        own = self.history.ids()
        at = np.minimum(np.searchsorted(own, ids), len(own) - 1)
        return np.where(own[at] == ids, self.drawn[at], 1.0)

    @cached_property
    def _labels(self) -> tuple[tuple[str, ...], ...]:
        if not self.posted:
            return tuple((EVERYBODY,) * len(table) for table in self.history.standings)
        return tuple(peer_groups(table, smallest=self.smallest).labels for table in self.history.standings)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The labels of all groups of any period, in alphabetical order."""
        return tuple(sorted({label for labels in self._labels for label in labels}))

    def groups(self, ids: Ids, first: int, periods: int) -> Positions:
        """Return each subject's group, a position in `names`, in so many periods from a first one on.

        Who was not in service at the end of a period is taken to have stood where they stood a period later; -1 where
        that is not known either. Periods further back than any standing are taken to be like the last one.
        """
        number = {name: at for at, name in enumerate(self.names)}
        groups = np.full((len(ids), periods), -1, dtype=np.intp)
        for column in range(periods):
            period = min(first + column, len(self._labels) - 1)
            own, labels = self.history.ids(period), self._labels[period]
            if len(own):
                at = np.minimum(np.searchsorted(own, ids), len(own) - 1)
                codes = np.array([number[label] for label in labels], dtype=np.intp)
                groups[:, column] = np.where(own[at] == ids, codes[at], -1)
            if column:
                groups[:, column] = np.where(groups[:, column] < 0, groups[:, column - 1], groups[:, column])
        return groups


def expected_counts(counts: PeriodCounts, groups: Positions, times: Floats | None = None) -> Floats:
    """Return what peers would have left with each subject's exposure, subjects in rows and periods in columns.

    0 where nobody knows the group, or a source was silent. `times` is that of `peer_rates`.

    Example:
        >>> twice = PeriodCounts(np.array([[3.0], [1.0]]), np.array([[200.0], [200.0]]))
        >>> expected_counts(twice, np.zeros((2, 1), dtype=np.intp)).tolist()
        [[2.0], [2.0]]
    """
    return applied(peer_rates(counts, groups, times), counts, groups)


def applied(rates: Floats, counts: PeriodCounts, groups: Positions) -> Floats:
    """Return what subjects with these exposures would have left at groups' rates; 0 where a group has none."""
    known = (groups >= 0) & (groups < len(rates))
    rate = np.where(known, rates[np.where(known, groups, 0), np.arange(groups.shape[1])], 0.0)
    return np.asarray(rate * np.nan_to_num(counts.exposure), dtype=np.float64)


def peer_rates(counts: PeriodCounts, groups: Positions, times: Floats | None = None) -> Floats:
    """Return the rate of each group, in rows, in each period; `times` is how often each subject counts (None: once)."""
    value, exposure = np.nan_to_num(counts.value), np.nan_to_num(counts.exposure)
    if times is not None:
        value, exposure = value * times[:, None], exposure * times[:, None]
    seen, served = _totals(value, groups), _totals(exposure, groups)
    level = np.ones(len(seen))
    rate = np.zeros(seen.shape[1])
    for _ in range(_ROUNDS):
        rate = _ratio(seen.sum(axis=0), level @ served)
        level = _ratio(seen.sum(axis=1) + PRIOR_EVENTS, served @ rate + PRIOR_EVENTS)
    usual = np.outer(level, rate)
    return np.asarray(usual * _ratio(seen + PRIOR_EVENTS, usual * served + PRIOR_EVENTS), dtype=np.float64)


def _totals(amounts: Floats, groups: Positions) -> Floats:
    """Return the sums of each group in each period."""
    n, periods = int(groups.max(initial=0)) + 1, groups.shape[1]
    known = groups >= 0
    cell = np.where(known, groups * periods + np.arange(periods), 0)
    summed = np.bincount(cell.ravel(), weights=np.where(known, amounts, 0.0).ravel(), minlength=n * periods)
    return np.asarray(summed.reshape(n, periods), dtype=np.float64)


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
