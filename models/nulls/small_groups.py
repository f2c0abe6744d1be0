"""What is usual in groups too small to be peer groups: an adjustment of what the peer group leads one to expect.

A role of which there are few, or a role in one area, has a level of its own that a peer group wide enough to compare
with passes over; whoever is posted there would look unusual for it. Each small group's level is drawn towards that of
the wider group, the more so the fewer events there are to estimate it from: the empirical-Bayes shrinkage of Clayton
and Kaldor (1987), Biometrics 43:671, step by step from everybody to role, rank and area. What lies above the peer
group's 95% point is cut to it first, so that one unusual person does not set the level of a few colleagues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.special import logit

from data.arrays import Floats, Positions
from models.nulls.truncated import PRIOR_EVENTS
from models.panel import Panel


@dataclass(frozen=True)
class SmallGroupAdjustment:
    """By label of a small group: a factor on rates, or a term added to log-odds. Other groups are left as they are."""

    level: Mapping[str, float]

    def factor(self, panel: Panel) -> Floats:
        """Return the product of the factors of each subject's small groups; 1 for those who have none."""
        return self._accumulate(panel, 1.0, np.multiply)

    def added(self, panel: Panel) -> Floats:
        """Return the sum of the terms of each subject's small groups; 0 for those who have none."""
        return self._accumulate(panel, 0.0, np.add)

    def _accumulate(self, panel: Panel, neutral: float, operation: np.ufunc) -> Floats:
        total = np.full(len(panel.ids), neutral)
        for names, number in panel.small_groups:
            # A subject without a small group at this step has the number -1: the last entry, which changes nothing.
            levels = np.array([*(self.level.get(name, neutral) for name in names), neutral])
            total = operation(total, levels[number])
        return total


NO_ADJUSTMENT: Final = SmallGroupAdjustment(MappingProxyType({}))
"""No small group changes anything."""


def fit_factors(panel: Panel, at: Positions, counts: Floats, expected: Floats) -> SmallGroupAdjustment:
    """Fit factors on expected counts; `at` holds the positions in the panel that counts and expectations belong to."""
    level: dict[str, float] = {}
    for names, number in panel.small_groups:
        group, n = number[at], len(names)
        member = group >= 0
        events = np.bincount(group[member], weights=counts[member], minlength=n)
        expectation = np.bincount(group[member], weights=expected[member], minlength=n)
        # As if each group had had PRIOR_EVENTS more events where as many were expected: few events move it little.
        factor = (events + PRIOR_EVENTS) / (expectation + PRIOR_EVENTS)
        expected = np.where(member, expected * factor[group], expected)
        level |= dict(zip(names, factor.tolist(), strict=True))
    return SmallGroupAdjustment(MappingProxyType(level))


def fit_log_odds(panel: Panel, at: Positions, hits: Floats, trials: Floats, log_odds: Floats) -> SmallGroupAdjustment:
    """Fit terms added to log-odds, from weighted hits and trials; `at` holds the positions that they belong to."""
    level: dict[str, float] = {}
    for names, number in panel.small_groups:
        group, n = number[at], len(names)
        member = group >= 0
        events, tries, expectation = (
            np.bincount(group[member], weights=of[member], minlength=n)
            for of in (hits, trials, trials / (1.0 + np.exp(-log_odds)))
        )
        common = (expectation.sum() + 1e-9) / (tries.sum() + 2e-9)
        prior = PRIOR_EVENTS / common
        term = logit((events + PRIOR_EVENTS) / (tries + prior)) - logit((expectation + PRIOR_EVENTS) / (tries + prior))
        # A group in which everything is a hit, or nothing could be, has no finite log-odds: it keeps the wider level.
        term = np.nan_to_num(term, nan=0.0, posinf=0.0, neginf=0.0)
        log_odds = np.where(member, log_odds + term[group], log_odds)
        level |= dict(zip(names, term.tolist(), strict=True))
    return SmallGroupAdjustment(MappingProxyType(level))
