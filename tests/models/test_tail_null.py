"""Tails fitted together: at the optimum, whatever they are fitted beside."""

from __future__ import annotations

import numpy as np
import pytest

from data.arrays import Floats
from models.nulls.newton import minimise
from models.nulls.score_nulls import _lowest_point, calibrate
from models.nulls.tail_null import PRIOR_TAIL, _minus_log_posterior, fit_tail, fit_tails

rng = np.random.default_rng(20)
SETS = [
    np.sort(rng.exponential(size=900)),
    np.sort(rng.standard_t(5, size=2_500)),
    np.sort(rng.gamma(0.4, size=400)),
    np.sort(np.round(rng.exponential(size=3_000), 1)),
    np.sort(rng.normal(size=1_200)),
    np.sort(1e6 * rng.pareto(3.0, size=700)),
]


def plain_loss(point: Floats, above: Floats, limit: float) -> float:
    """Write minus the log posterior of a log scale and shape down as it is defined, for scores below a limit."""
    scale, shape = np.exp(point[0]), point[1]

    def log_survival(z: Floats) -> Floats:
        return -z if shape < 1e-9 else -np.log1p(shape * z) / shape

    density = log_survival(above / scale) - np.log1p(shape * above / scale) - point[0]
    inside = -np.expm1(log_survival(np.array([limit / scale])))[0]
    mean, spread = PRIOR_TAIL
    return float(0.5 * ((shape - mean) / spread) ** 2 - density.sum() + len(above) * np.log(inside))


def tail_of(ordered: Floats) -> tuple[Floats, float]:
    """Return scores above the point where the tail begins, up to a limit, and the limit."""
    begins = np.quantile(ordered, 0.7)
    limit = float(np.quantile(ordered, 0.95) - begins)
    above = ordered[ordered > begins] - begins
    return above[above <= limit], limit


@pytest.mark.parametrize("shape", [0.0, 0.001, 0.05, 0.6])
def test_slopes_and_bends_are_those_of_the_plain_loss(shape: float) -> None:
    above, limit = tail_of(SETS[0])
    loss, at, point = _minus_log_posterior([above], np.array([limit])), np.array([0]), np.array([-0.2, shape])
    here, small = loss(point[None, :], at), 1e-5
    assert here.value[0] == pytest.approx(plain_loss(point, above, limit), rel=1e-9)
    for column in (0, 1):
        step = np.where(np.arange(2) == column, small, 0.0)
        # The slope and the bends of the side on which shapes may lie: at 0 only above it.
        low = point - step if shape > 0 or column == 0 else point
        high = point + step
        width = float((high - low)[column])
        before, after = loss(low[None, :], at), loss(high[None, :], at)
        assert here.slope[0, column] == pytest.approx((after.value - before.value)[0] / width, rel=1e-3, abs=0.05)
        bends = here.bend[0, [0, 1]] if column == 0 else here.bend[0, [1, 2]]
        assert bends == pytest.approx((after.slope - before.slope)[0] / width, rel=2e-3, abs=0.05)


@pytest.mark.parametrize("number", range(len(SETS)))
def test_a_fit_is_never_further_from_the_optimum_than_a_search_without_slopes(number: int) -> None:
    above, limit = tail_of(SETS[number])
    start = np.array([np.log(above.mean()), PRIOR_TAIL[0]])
    low, high = np.array([start[0] - 5.0, 0.0]), np.array([start[0] + 5.0, 1.0])
    loss = _minus_log_posterior([above], np.array([limit]))
    (ours,) = minimise(loss, start[None, :], low[None, :], high[None, :])
    bounds = ((float(low[0]), float(high[0])), (0.0, 1.0))
    search = _lowest_point(lambda point: plain_loss(point, above, limit), start, bounds=bounds)
    own = plain_loss(ours, above, limit)
    assert own <= plain_loss(search, above, limit) + 1e-9 * abs(own)
    # A search without slopes may end at the bound of the shape for good: it does not tell where the optimum is.
    around = [np.clip(ours + step, low, high) for step in 1e-3 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])]
    assert own <= min(plain_loss(point, above, limit) for point in around) + 1e-9 * abs(own)


def test_a_set_has_the_same_bits_whatever_it_is_fitted_beside() -> None:
    together = fit_tails([*SETS, np.zeros(5), *SETS[::-1]])
    assert together[: len(SETS)] == [fit_tail(ordered) for ordered in SETS]
    assert together[len(SETS)] is None
    assert together[len(SETS) + 1 :] == together[: len(SETS)][::-1]


def test_calibration_by_the_tail_is_this_fit() -> None:
    shuffled = np.random.default_rng(3).permutation(SETS[0])
    assert calibrate(shuffled, method="tail").null == fit_tail(SETS[0])
