"""The beta-binomial null finds its parameters, keeps its promise, and is not misled by the few it is there to find."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from data.arrays import Floats, Positions
from models.nulls.beta_binomial import BetaBinomialNull, fit, interval, upper_tail
from models.nulls.truncated import FEWEST_PEERS


def fitted(hits: Floats, trials: Floats, groups: Positions | None = None) -> BetaBinomialNull:
    null = fit(hits, trials, np.zeros(len(hits), dtype=np.intp) if groups is None else groups)
    assert null is not None
    return null


def peers(seed: int, *, n: int, share: float, precision: float, unusual: float = 0.0) -> tuple[Floats, Floats, Floats]:
    """Hits and trials of peers, and who of them has a share multiplied by 3."""
    rng = np.random.default_rng(seed)
    trials = rng.integers(20, 400, n).astype(float)
    own = rng.beta(precision * share, precision * (1 - share), n)
    marked = rng.random(n) < unusual
    own[marked] = np.minimum(3 * own[marked], 0.95)
    return rng.binomial(trials.astype(int), own).astype(float), trials, marked


@pytest.mark.parametrize(("share", "precision"), [(0.1, 15.0), (0.03, 60.0), (0.3, 8.0)])
def test_the_fit_recovers_share_and_precision_despite_two_in_a_hundred_unusual(share: float, precision: float) -> None:
    errors = []
    for seed in range(6):
        hits, trials, _ = peers(seed, n=1500, share=share, precision=precision, unusual=0.02)
        null = fitted(hits, trials)
        errors.append((np.log(null.mean(np.zeros(1, dtype=np.intp))[0] / share), np.log(null.precision / precision)))
    error, spread = np.mean(errors, axis=0), np.std(errors, axis=0, ddof=1) / np.sqrt(len(errors))
    # The few unusual move the fit a little; a tenth is the most that is allowed, beyond simulation error.
    assert abs(error[0]) < 0.1 + 3 * spread[0]
    assert abs(error[1]) < 0.25 + 3 * spread[1]


@pytest.mark.parametrize(("share", "precision"), [(0.1, 15.0), (0.5, 3.0), (0.02, 50.0)])
@pytest.mark.parametrize("level", [0.05, 0.01, 0.001])
def test_tail_chances_of_ordinary_peers_are_super_uniform(share: float, precision: float, level: float) -> None:
    hits, trials, _ = peers(5, n=60_000, share=share, precision=precision)
    below = np.mean(upper_tail(hits, trials, np.full(len(hits), share), precision) <= level)
    assert below <= level + 3 * np.sqrt(level / len(hits))
    assert below > level / 20  # and they are not vacuous


def test_fitted_tail_chances_stay_near_their_level() -> None:
    """Fitted to a force with two in a hundred unusual, ordinary peers fall under 0.01 at most half again too often."""
    below = total = 0
    for seed in range(8):
        hits, trials, marked = peers(100 + seed, n=1500, share=0.1, precision=15.0, unusual=0.02)
        null = fitted(hits, trials)
        p_values = upper_tail(hits, trials, null.mean(np.zeros(len(hits), dtype=np.intp)), null.precision)
        ordinary = marked == 0
        below, total = below + int(np.sum(p_values[ordinary] <= 0.01)), total + int(ordinary.sum())
    assert below / total <= 0.015 + 3 * np.sqrt(0.01 / total)


@pytest.mark.parametrize("precision", [0.4, 3.0, 200.0])
def test_the_tail_equals_the_sum_of_the_probabilities(precision: float) -> None:
    rng = np.random.default_rng(3)
    trials = rng.integers(1, 60, 80).astype(float)
    hits, mean = np.floor(rng.random(80) * (trials + 1)), rng.uniform(0.02, 0.95, 80)
    by_hand = [
        sum(stats.betabinom.pmf(k, int(n), precision * m, precision * (1 - m)) for k in range(int(x), int(n) + 1))
        for x, n, m in zip(hits, trials, mean, strict=True)
    ]
    np.testing.assert_allclose(upper_tail(hits, trials, mean, precision), by_hand, rtol=1e-8, atol=1e-13)


def test_the_interval_holds_at_least_its_share() -> None:
    low, high = interval(200.0, 0.1, 15.0)
    inside = stats.betabinom.cdf(high, 200, 1.5, 13.5) - stats.betabinom.cdf(low - 1, 200, 1.5, 13.5)
    assert inside >= 0.95
    assert stats.betabinom.cdf(high - 1, 200, 1.5, 13.5) - stats.betabinom.cdf(low, 200, 1.5, 13.5) < 0.95


def test_the_busiest_do_not_set_the_mean_of_their_group() -> None:
    """Ninety-five peers have few trials and a share of 0.9; five from elsewhere have many and a share of 0.1."""
    rng = np.random.default_rng(8)
    trials = np.r_[np.full(95, 30.0), np.full(5, 900.0)]
    hits = rng.binomial(trials.astype(int), np.r_[np.full(95, 0.9), np.full(5, 0.1)]).astype(float)
    others, many, _ = peers(9, n=1500, share=0.2, precision=20.0)
    groups = np.r_[np.zeros(100), np.ones(1500)].astype(np.intp)
    null = fitted(np.r_[hits, others], np.r_[trials, many], groups)
    assert null.mean(np.array([0]))[0] > 0.7  # pooled, it would be 0.46


def test_an_offset_is_no_difference_between_peers() -> None:
    """Half of the peers have twice the odds for a reason that is known."""
    rng = np.random.default_rng(4)
    n = 3000
    offset = np.where(np.arange(n) % 2 == 0, np.log(2.0), 0.0)
    share = 1 / (1 + np.exp(-(-2.0 + offset)))
    trials = np.full(n, 100.0)
    hits = rng.binomial(100, rng.beta(80 * share, 80 * (1 - share))).astype(float)
    groups = np.zeros(n, dtype=np.intp)
    told, untold = fit(hits, trials, groups, offset=offset), fit(hits, trials, groups)
    assert told is not None
    assert untold is not None
    assert told.precision == pytest.approx(80, rel=0.2)
    assert untold.precision < 0.7 * told.precision
    assert told.logits[0] == pytest.approx(-2.0, abs=0.06)


def test_no_group_lies_below_the_least_share() -> None:
    hits, trials, _ = peers(2, n=600, share=0.3, precision=10.0)
    null = fit(hits, trials, np.zeros(600, dtype=np.intp), least=0.5)
    assert null is not None
    assert null.mean(np.zeros(1, dtype=np.intp))[0] == pytest.approx(0.5)


def test_too_few_peers_and_no_hits_at_all_are_not_enough_evidence() -> None:
    few = FEWEST_PEERS - 1
    assert fit(np.ones(few), np.full(few, 3.0), np.zeros(few, dtype=np.intp)) is None
    assert fit(np.zeros(100), np.full(100, 3.0), np.zeros(100, dtype=np.intp)) is None


def test_where_hardly_anybody_has_a_hit_one_is_no_wonder_and_twenty_are() -> None:
    """One in sixty has a single hit of a hundred; two in a hundred have twenty and more."""
    rng = np.random.default_rng(6)
    n = 1500
    trials = rng.integers(40, 200, n).astype(float)
    hits = (rng.random(n) < 1 / 60).astype(float)
    hits[:30] = rng.integers(20, 40, 30)
    null = fitted(hits, trials)
    mean = null.mean(np.zeros(n, dtype=np.intp))
    p_values = upper_tail(hits, trials, mean, null.precision)
    assert mean[0] * trials.mean() == pytest.approx(1 / 60, rel=0.5)
    assert np.mean(p_values[30:] <= 0.01) <= 0.01
    assert (p_values[:30] < 1e-6).all()
