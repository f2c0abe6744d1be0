"""How fast the past loses its weight: learned from the force's own past.

Standing at an earlier day, with what was known then, everybody's count in the periods since is predicted with a
forgetting factor and a shape; those two are kept under which what came is likeliest. Nothing is learned where records
do not reach back twice as far as the earlier day lies: how lasting differences between people are cannot be told
then.

Source: choosing by what is predicted one step ahead is Dawid (1984), JRSS A 147:278; the shape's prior is that of
`models.nulls.truncated`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln

from data.arrays import Floats, Ids
from features.past import History, IndicatorHistory, PeriodCounts
from models.excess.peer_rates import Standings, expected_counts
from models.excess.relative_rates import RelativeRates, weights
from models.nulls.truncated import FEWEST_PEERS, PRIOR_SHAPE, PRIOR_SPREAD

FACTORS: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""How much of an event's weight may be left after a year, before the best is refined by half a step either way."""

REFINED: Final = 0.05

_LOG_SHAPES: Final = (-3.0, 5.0)


@dataclass(frozen=True)
class Past:
    """An earlier view and what came after it, of those in service on both days.

    `value` and `expected` hold periods before the earlier day; `came` is everybody's count since then, `due` what peers
    with the same exposure left in that time.
    """

    ids: Ids
    value: Floats
    expected: Floats
    came: Floats
    due: Floats

    def rates(self, factor: float, shape: float) -> RelativeRates:
        """Return the rates as they would have been estimated on the earlier day."""
        weight = weights(factor, self.value.shape[1])
        return RelativeRates(shape, self.value @ weight, self.expected @ weight)


@dataclass(frozen=True)
class Forgetting:
    """What was learned: the share of an event's weight that is left after a year, and the shape of peers' spread.

    `log_likelihood` is that of what came, by factor tried; `people` is how many the prediction was held against.
    """

    factor: float
    shape: float
    people: int
    events: int
    log_likelihood: tuple[tuple[float, float], ...] = ()


def past_of(history: History, seen: IndicatorHistory, standings: Standings) -> Past | None:
    """Return an indicator's earlier view with what came since; None where there is no earlier view."""
    if seen.earlier is None:
        return None
    then, now = history.ids(seen.ahead), history.ids()
    ids, before, after = np.intersect1d(then, now, assume_unique=True, return_indices=True)
    groups = standings.groups(then, seen.ahead, seen.earlier.periods)
    expected = expected_counts(seen.earlier, groups, standings.times(then))
    since = PeriodCounts(seen.now.value[:, : seen.ahead], seen.now.exposure[:, : seen.ahead])
    due = expected_counts(since, standings.groups(now, 0, seen.ahead), standings.times(now))
    return Past(
        ids=ids,
        value=np.nan_to_num(seen.earlier.value[before]),
        expected=expected[before],
        came=np.nan_to_num(since.value[after]).sum(axis=1),
        due=due[after].sum(axis=1),
    )


def learn(past: Past) -> Forgetting | None:
    """Return the factor and the shape that predict best; None where too few people or no events can tell."""
    exposed = np.flatnonzero(past.due > 0)
    if len(exposed) < FEWEST_PEERS or not past.came[exposed].any() or not past.value[exposed].any():
        return None
    tried: dict[float, tuple[float, float]] = {}

    def attempt(factor: float) -> float:
        tried[factor] = _best_shape(past, exposed, factor)
        return tried[factor][0]

    best = max(FACTORS, key=attempt)
    near = [round(best + step, 3) for step in (-REFINED, REFINED)]
    best = max([best, *(f for f in near if FACTORS[0] <= f <= FACTORS[-1])], key=attempt)
    fits = tuple((factor, tried[factor][0]) for factor in sorted(tried))
    return Forgetting(best, tried[best][1], len(exposed), int(past.came[exposed].sum()), fits)


def _best_shape(past: Past, exposed: Ids, factor: float) -> tuple[float, float]:
    """Return the largest log likelihood, its prior included, over shapes, and the shape."""
    weight = weights(factor, past.value.shape[1])
    events, expected = past.value[exposed] @ weight, past.expected[exposed] @ weight
    came, due = past.came[exposed], past.due[exposed]
    any_came = came > 0

    def loss(log_shape: float) -> float:
        shape, before = np.exp(log_shape), expected + np.exp(log_shape)
        after = before + due
        total = np.sum((shape + events) * np.log(before / after)) + np.sum(
            came[any_came] * np.log(due[any_came] / after[any_came])
        )
        total += np.sum(gammaln(came[any_came] + shape + events[any_came]) - gammaln(shape + events[any_came]))
        return float(0.5 * ((log_shape - np.log(PRIOR_SHAPE)) / PRIOR_SPREAD) ** 2 - total)

    # Only a fit needs it, and it takes long to import.
    from scipy.optimize import minimize_scalar

    fit = minimize_scalar(loss, bounds=_LOG_SHAPES, method="bounded", options={"xatol": 0.005})
    return -float(fit.fun), float(np.exp(fit.x))
