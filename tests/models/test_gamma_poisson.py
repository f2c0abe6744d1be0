"""The gamma-Poisson null finds its parameters, keeps its promise, and is not misled by the few it is there to find."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from data.arrays import Floats, Positions
from models.nulls.gamma_poisson import GammaPoissonNull, fit, interval, upper_tail
from models.nulls.truncated import FEWEST_PEERS, PRIOR_SHAPE


def fitted(counts: Floats, exposure: Floats, groups: Positions | None = None) -> GammaPoissonNull:
    null = fit(counts, exposure, np.zeros(len(counts), dtype=np.intp) if groups is None else groups)
    assert null is not None
    return null


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
        null = fitted(counts, exposure)
        fits.append((np.log(null.rates[0] * 200 / rate), np.log(null.shape / shape)))
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
    p_values = upper_tail(counts, rate / 200 * exposure, shape)
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
        null = fitted(counts, exposure)
        ordinary = marked == 0
        below += int(np.sum(upper_tail(counts, null.rates[0] * exposure, null.shape)[ordinary] <= 0.01))
        total += int(ordinary.sum())
    assert below / total <= 0.015 + 3 * np.sqrt(0.01 / total)


def test_a_plain_poisson_null_would_call_ordinary_peers_unusual() -> None:
    """Why the null is heterogeneous: peers with gamma-distributed rates fall under 0.001 ten times too often."""
    counts, exposure, _ = peers(np.random.default_rng(9), n=20_000, rate=6.0, shape=4.0)
    poisson = stats.poisson.sf(counts - 1, 6.0 / 200 * exposure)
    assert np.mean(poisson <= 0.001) > 10 * 0.001


def test_the_tail_equals_the_sum_of_the_probabilities() -> None:
    expected = np.array([2.0, 2.0, 0.74])
    counts = np.array([0.0, 5.0, 2.0])
    success = 1.7 / (1.7 + expected)
    by_hand = [
        1 - sum(stats.nbinom.pmf(k, 1.7, s) for k in range(int(c))) for c, s in zip(counts, success, strict=True)
    ]
    np.testing.assert_allclose(upper_tail(counts, expected, 1.7), by_hand, rtol=1e-10)


def test_the_interval_holds_at_least_its_share() -> None:
    counts, exposure, _ = peers(np.random.default_rng(2), n=50_000, rate=6.0, shape=4.0)
    low, high = interval(0.03 * exposure, 4.0)
    share = np.mean((counts >= low) & (counts <= high))
    assert share >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / len(counts))


def test_where_nothing_is_expected_any_event_is_as_unlikely_as_can_be() -> None:
    assert upper_tail(np.array([0.0, 1.0]), np.zeros(2), 2.0).tolist() == [1.0, 1e-300]
    assert [bound.tolist() for bound in interval(np.zeros(2), 2.0)] == [[0.0, 0.0], [0.0, 0.0]]


def test_each_group_has_its_own_rate_drawn_towards_the_common_one() -> None:
    rng = np.random.default_rng(3)
    groups = np.repeat([0, 1, 2], [1000, 1000, 5]).astype(np.intp)
    rates = np.array([2.0, 8.0, 40.0])[groups] / 200
    exposure = np.full(len(groups), 200.0)
    counts = rng.poisson(rng.gamma(4, 1 / 4, len(groups)) * rates * exposure).astype(float)
    null = fitted(counts, exposure, groups)
    assert null.rates[0] * 200 == pytest.approx(2.0, rel=0.1)
    assert null.rates[1] * 200 == pytest.approx(8.0, rel=0.1)
    assert null.rates[2] * 200 < 36  # five people do not make a rate of their own
    assert null.sizes.tolist() == [1000, 1000, 5]


def test_where_events_are_too_few_to_tell_peers_are_taken_to_differ_widely() -> None:
    """Hardly anybody has an event: a fit by likelihood alone finds no spread at all and calls two events unusual."""
    counts, exposure, _ = peers(np.random.default_rng(6), n=300, rate=0.1, shape=1.2)
    assert fitted(counts, exposure).shape == pytest.approx(PRIOR_SHAPE, rel=0.7)


def test_the_few_who_have_all_the_events_do_not_say_what_is_usual() -> None:
    """Nobody but 13 of 1,750 has an event: what they have is not taken for what their peers have on average."""
    counts, exposure = np.zeros(1750), np.full(1750, 190.0)
    counts[:13] = 20.0
    null = fitted(counts, exposure)
    assert null.converged
    # Cut down to one event each, as every count above the limit is.
    assert null.rates[0] * exposure.sum() == pytest.approx(13.0, rel=0.1)
    assert upper_tail(counts[:1], null.expected(exposure[:1], np.zeros(1, dtype=np.intp)), null.shape)[0] < 1e-6


def test_too_few_peers_are_not_enough_evidence() -> None:
    n = FEWEST_PEERS - 1
    assert fit(np.ones(n), np.ones(n), np.zeros(n, dtype=np.intp)) is None


def test_a_force_without_events_expects_none() -> None:
    null = fitted(np.zeros(100), np.full(100, 50.0))
    assert null.expected(np.full(2, 50.0), np.zeros(2, dtype=np.intp)).tolist() == [0.0, 0.0]


def test_the_order_of_peers_hardly_matters_and_repeats_exactly() -> None:
    counts, exposure, _ = peers(np.random.default_rng(1), n=500, rate=6.0, shape=4.0)
    straight, again, turned = fitted(counts, exposure), fitted(counts, exposure), fitted(counts[::-1], exposure[::-1])
    assert (straight.shape, straight.rates.tolist()) == (again.shape, again.rates.tolist())
    assert turned.shape == pytest.approx(straight.shape, rel=1e-3)
