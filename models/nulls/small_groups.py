"""What is usual in groups too small to be peer groups: factors on what the peer group leads one to expect.

A role of which there are few, or a role in one area, has a level of its own that a peer group wide enough to judge by
passes over; whoever is posted there would look unusual for it. Each small group's level is drawn towards that of the
wider group, the more so the less there is to tell it from: the empirical-Bayes shrinkage of Clayton and Kaldor (1987),
Biometrics 43:671, step by step from everybody to role, rank and area. What lies above the peer group's 95% point is cut
to it first, so that one unusual person does not set the level of a few colleagues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.special import logit

from data.arrays import Floats, Positions
from models.nulls.gamma_poisson import PRIOR_EVENTS
from models.panel import Panel


@dataclass(frozen=True)
class SmallGroupAdjustment:
    """By label of a small group: the factor on rates, or what is added to log-odds. Groups not named change nothing."""

    level: Mapping[str, float]

    def factor(self, panel: Panel) -> Floats:
        """Return the product of the factors of each subject's small groups."""
        return self._gathered(panel, 1.0, np.multiply)

    def added(self, panel: Panel) -> Floats:
        """Return the sum of what each subject's small groups add."""
        return self._gathered(panel, 0.0, np.add)

    def _gathered(self, panel: Panel, nothing: float, gather: np.ufunc) -> Floats:
        found = np.full(len(panel.ids), nothing)
        for names, number in panel.small_groups:
            levels = np.array([*(self.level.get(name, nothing) for name in names), nothing])
            found = gather(found, levels[number])
        return found


NO_ADJUSTMENT: Final = SmallGroupAdjustment(MappingProxyType({}))
"""No small group changes anything."""


def fit_factors(panel: Panel, at: Positions, counts: Floats, expected: Floats) -> SmallGroupAdjustment:
    """Fit factors on expected counts; `at` holds the positions in the panel that counts and expectations belong to."""
    found: dict[str, float] = {}
    for names, number in panel.small_groups:
        group, n = number[at], len(names)
        there = group >= 0
        seen = np.bincount(group[there], weights=counts[there], minlength=n)
        awaited = np.bincount(group[there], weights=expected[there], minlength=n)
        factor = (seen + PRIOR_EVENTS) / (awaited + PRIOR_EVENTS)
        expected = np.where(there, expected * factor[group], expected)
        found |= dict(zip(names, factor.tolist(), strict=True))
    return SmallGroupAdjustment(MappingProxyType(found))


def fit_log_odds(panel: Panel, at: Positions, hits: Floats, trials: Floats, log_odds: Floats) -> SmallGroupAdjustment:
    """Fit what to add to log-odds, from weighted hits and trials; `at` holds the positions that they belong to."""
    found: dict[str, float] = {}
    for names, number in panel.small_groups:
        group, n = number[at], len(names)
        there = group >= 0
        seen, tried, awaited = (
            np.bincount(group[there], weights=of[there], minlength=n)
            for of in (hits, trials, trials / (1.0 + np.exp(-log_odds)))
        )
        common = (awaited.sum() + 1e-9) / (tried.sum() + 2e-9)
        more = PRIOR_EVENTS / common
        added = logit((seen + PRIOR_EVENTS) / (tried + more)) - logit((awaited + PRIOR_EVENTS) / (tried + more))
        added = np.nan_to_num(added, nan=0.0, posinf=0.0, neginf=0.0)
        log_odds = np.where(there, log_odds + added[group], log_odds)
        found |= dict(zip(names, added.tolist(), strict=True))
    return SmallGroupAdjustment(MappingProxyType(found))
