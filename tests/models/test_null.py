"""The gamma-Poisson null finds its parameters, keeps its promise, and is not misled by the few it is there to find."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from models.null import FEWEST_PEERS, GammaPoisson, fit

Floats = npt.NDArray[np.float64]


def peers(
    rng: np.random.Generator, *, n: int, rate: float, shape: float, unusual: float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """Counts and exposures of peers, and who of them has a rate multiplied by 3 to 6."""
    exposure = rng.uniform(60, 220, n)
    own = rng.gamma(shape, 1 / shape, n) * rate / 200
    marked = rng.random(n) < unusual
    own[marked] *= rng.uniform(3, 6, int(marked.sum()))
    return rng.poisson(own * exposure).astype(float), exposure, marked


@pytest.mark.parametrize(("rate", "shape"), [(6.0, 4.0), (20.0, 20.0), (3.0, 1.2)])
def test_the_fit_recovers_rate_and_shape_despite_two_in_a_hundred_unusual(rate: float, shape: float) -> None:
    fits = []
    for seed in range(8):
        counts, exposure, _ = peers(np.random.default_rng(seed), n=1500, rate=rate, shape=shape, unusual=0.02)
        found = fit(counts, exposure)
        assert found is not None
        fits.append((np.log(found.rate * 200 / rate), np.log(found.shape / shape)))
    error = np.mean(fits, axis=0)
    spread = np.std(fits, axis=0, ddof=1) / np.sqrt(len(fits))
    # The few unusual move the fit a little; a tenth is the most that is allowed, beyond simulation error.
    assert abs(error[0]) < 0.1 + 3 * spread[0]
    assert abs(error[1]) < 0.25 + 3 * spread[1]


@pytest.mark.parametrize(("rate", "shape"), [(6.0, 4.0), (20.0, 20.0), (1.5, 1.2)])
@pytest.mark.parametrize("level", [0.05, 0.01, 0.001])
def test_tail_chances_of_ordinary_peers_are_super_uniform(rate: float, shape: float, level: float) -> None:
    """With the true parameters: no more than the level, beyond three standard errors."""
    counts, exposure, _ = peers(np.random.default_rng(5), n=200_000, rate=rate, shape=shape)
    p_values = GammaPoisson(rate / 200, shape, len(counts), converged=True).upper_tail(counts, exposure)
    share = np.mean(p_values <= level)
    assert share <= level + 3 * np.sqrt(level / len(counts))
    assert share > level / 20  # and they are not vacuous


@pytest.mark.parametrize(("rate", "shape"), [(6.0, 4.0), (20.0, 20.0)])
def test_fitted_tail_chances_stay_near_their_level(rate: float, shape: float) -> None:
    """Fitted to a force with two in a hundred unusual, ordinary peers fall under 0.01 at most half again too often."""
    below = total = 0
    for seed in range(12):
        counts, exposure, marked = peers(
            np.random.default_rng(100 + seed), n=1500, rate=rate, shape=shape, unusual=0.02
        )
        found = fit(counts, exposure)
        assert found is not None
        ordinary = marked == 0
        below += int(np.sum(found.upper_tail(counts, exposure)[ordinary] <= 0.01))
        total += int(ordinary.sum())
    assert below / total <= 0.015 + 3 * np.sqrt(0.01 / total)


def test_a_plain_poisson_null_would_call_ordinary_peers_unusual() -> None:
    """Why the null is heterogeneous: peers with gamma-distributed rates fall under 0.001 ten times too often."""
    counts, exposure, _ = peers(np.random.default_rng(9), n=20_000, rate=6.0, shape=4.0)
    poisson = stats.poisson.sf(counts - 1, 6.0 / 200 * exposure)
    assert np.mean(poisson <= 0.001) > 10 * 0.001


def test_the_tail_equals_the_sum_of_the_probabilities() -> None:
    null = GammaPoisson(0.02, 1.7, 100, converged=True)
    exposure = np.array([100.0, 100.0, 37.0])
    counts = np.array([0.0, 5.0, 2.0])
    success = 1.7 / (1.7 + 0.02 * exposure)
    by_hand = [
        1 - sum(stats.nbinom.pmf(k, 1.7, s) for k in range(int(c))) for c, s in zip(counts, success, strict=True)
    ]
    np.testing.assert_allclose(null.upper_tail(counts, exposure), by_hand, rtol=1e-10)


def test_the_interval_holds_at_least_its_share() -> None:
    counts, exposure, _ = peers(np.random.default_rng(2), n=50_000, rate=6.0, shape=4.0)
    low, high = GammaPoisson(0.03, 4.0, 100, converged=True).interval(exposure)
    share = np.mean((counts >= low) & (counts <= high))
    assert share >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / len(counts))


def test_too_few_peers_are_not_enough_evidence() -> None:
    n = FEWEST_PEERS - 1
    assert fit(np.ones(n), np.ones(n)) is None


def test_a_group_without_events_expects_none() -> None:
    found = fit(np.zeros(100), np.full(100, 50.0))
    assert found is not None
    assert found.upper_tail(np.zeros(2), np.full(2, 50.0)).tolist() == [1.0, 1.0]


def test_the_order_of_peers_hardly_matters_and_repeats_exactly() -> None:
    counts, exposure, _ = peers(np.random.default_rng(1), n=500, rate=6.0, shape=4.0)
    assert fit(counts, exposure) == fit(counts, exposure)
    turned = fit(counts[::-1], exposure[::-1])
    straight = fit(counts, exposure)
    assert turned is not None
    assert straight is not None
    assert turned.shape == pytest.approx(straight.shape, rel=1e-3)
