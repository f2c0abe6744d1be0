"""Every interval equals an independent computation, and covers what it says it covers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from audit.rates.intervals import clustered, proportion, ratio


def of(count: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    low, high = proportion(np.array([float(count)]), np.array([float(n)]), confidence=confidence)
    return float(low[0]), float(high[0])


def of_ratio(x: float, n: float, y: float, m: float, confidence: float = 0.95) -> tuple[float, float]:
    low, high = ratio(*(np.array([float(v)]) for v in (x, n, y, m)), confidence=confidence)
    return float(low[0]), float(high[0])


CASES = [
    (0, 1),
    (1, 1),
    (0, 3),
    (1, 3),
    (3, 3),
    (0, 40),
    (1, 40),
    (20, 40),
    (39, 40),
    (40, 40),
    (7, 46000),
    (690, 46000),
]


@pytest.mark.parametrize(("count", "n"), CASES)
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_of_a_proportion_is_that_of_scipy_and_statsmodels(count: int, n: int, confidence: float) -> None:
    exact = binomtest(count, n).proportion_ci(confidence, method="exact")
    assert of(count, n, confidence) == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert of(count, n, confidence) == pytest.approx(proportion_confint(count, n, 1 - confidence, "beta"), abs=1e-9)


def test_the_bounds_of_a_proportion_are_where_the_binomial_tails_are_a_half_of_the_rest() -> None:
    low, high = of(4, 25)
    assert binom.sf(3, 25, low) == pytest.approx(0.025)
    assert binom.cdf(4, 25, high) == pytest.approx(0.025)


def test_nothing_out_of_nothing_has_no_interval() -> None:
    assert np.isnan(of(0, 0)).all()
    assert np.isnan(of_ratio(0, 0, 1, 5)).all()
    assert np.isnan(of_ratio(1, 5, 0, 0)).all()


PAIRS = [
    (1, 10, 1, 10),
    (10, 100, 5, 100),
    (3, 28, 80, 1385),
    (2, 107, 80, 1385),
    (9, 10, 3, 10),
    (40, 41, 2, 900),
    (1, 5000, 1, 41000),
    (32, 1000, 58, 1000),
]


@pytest.mark.parametrize("cells", PAIRS)
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_interval_of_a_ratio_is_that_of_statsmodels(cells: tuple[int, int, int, int], confidence: float) -> None:
    theirs = confint_proportions_2indep(*cells, method="score", compare="ratio", alpha=1 - confidence, correction=True)
    assert of_ratio(*cells, confidence) == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize(
    "cells", [(0, 12, 5, 40), (0, 12, 0, 40), (5, 12, 0, 40), (12, 12, 40, 40), (12, 12, 3, 40), (1, 1, 1, 1)]
)
def test_the_bounds_of_a_ratio_are_where_a_score_test_just_rejects(cells: tuple[int, int, int, int]) -> None:
    """The score statistic is maximised over the nuisance by brute force rather than by the closed form."""
    x, n, y, m = cells
    low, high = of_ratio(*cells)
    assert low == 0.0 or x > 0
    assert np.isfinite(high) or y == 0
    for bound in (b for b in (low, high) if 0 < b < np.inf):
        second = np.linspace(0, min(1, 1 / bound), 2_000_001)[1:-1]
        first = bound * second
        with np.errstate(divide="ignore", invalid="ignore"):
            likelihood = np.nan_to_num(x * np.log(first)) + np.nan_to_num((n - x) * np.log1p(-first))
            likelihood += np.nan_to_num(y * np.log(second)) + np.nan_to_num((m - y) * np.log1p(-second))
        at = int(np.argmax(likelihood))
        p, q = first[at], second[at]
        spread = (p * (1 - p) / n + bound**2 * q * (1 - q) / m) * (n + m) / (n + m - 1)
        assert (x / n - bound * y / m) ** 2 / spread == pytest.approx(1.959964**2, rel=2e-3)


def test_no_cell_of_a_ratio_needs_a_correction_for_being_zero() -> None:
    assert of_ratio(0, 20, 0, 30) == (0.0, np.inf)
    assert of_ratio(0, 20, 6, 30)[0] == 0.0
    assert of_ratio(6, 20, 0, 30)[1] == np.inf
    assert of_ratio(6, 20, 0, 30)[0] > 1.0


def test_turning_a_ratio_round_turns_its_interval_round() -> None:
    low, high = of_ratio(7, 60, 9, 200)
    assert of_ratio(9, 200, 7, 60) == pytest.approx((1 / high, 1 / low))


def test_fractional_counts_lie_between_whole_ones() -> None:
    below, at, above = of(2, 50), of(2.5, 50), of(3, 50)
    assert below[0] < at[0] < above[0]
    assert below[1] < at[1] < above[1]


def exact_coverage(n: int, p: float) -> float:
    counts = np.arange(n + 1)
    low, high = proportion(counts.astype(float), np.full(n + 1, float(n)))
    return float(binom.pmf(counts, n, p)[(low <= p) & (p <= high)].sum())


@pytest.mark.parametrize("n", [1, 5, 10, 47, 200])
def test_the_interval_of_a_proportion_covers_at_least_as_often_as_it_says(n: int) -> None:
    assert min(exact_coverage(n, p) for p in np.linspace(0.001, 0.999, 199)) >= 0.95 - 1e-12


def ratio_coverage(n: int, m: int, p: float, q: float) -> float:
    """The chance that the interval holds p / q, by summing over all outcomes."""
    x, y = (a.ravel().astype(float) for a in np.meshgrid(np.arange(n + 1), np.arange(m + 1), indexing="ij"))
    low, high = ratio(x, np.full_like(x, n), y, np.full_like(y, m))
    chance = binom.pmf(x, n, p) * binom.pmf(y, m, q)
    return float(chance[(low <= p / q) & (p / q <= high)].sum())


SETTINGS = [(30, 120, 0.10, 0.05), (60, 200, 0.03, 0.03), (20, 300, 0.058, 0.032)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_interval_of_a_ratio_covers_close_to_what_it_says(setting: tuple[int, int, float, float]) -> None:
    """Score intervals hold their confidence on average over rates, not at each: within a few points at rare events."""
    assert 0.935 <= ratio_coverage(*setting) <= 0.99


def simulated(runs: int, seed: int, cells: tuple[int, int, float, float]) -> tuple[float, float]:
    """The shares of runs in which the intervals of the first proportion and of the ratio hold the truth."""
    n, m, p, q = cells
    rng = np.random.default_rng(seed)
    x, y = rng.binomial(n, p, runs).astype(float), rng.binomial(m, q, runs).astype(float)
    low, high = proportion(x, np.full(runs, float(n)))
    lower, upper = ratio(x, np.full(runs, float(n)), y, np.full(runs, float(m)))
    return float(np.mean((low <= p) & (p <= high))), float(np.mean((lower <= p / q) & (p / q <= upper)))


def check_coverage(runs: int, seed: int, cells: tuple[int, int, float, float]) -> None:
    """Simulated coverage equals the coverage that is summed exactly, within three standard errors."""
    of_proportion, of_ratios = simulated(runs, seed, cells)
    for found, true in ((of_proportion, exact_coverage(cells[0], cells[2])), (of_ratios, ratio_coverage(*cells))):
        assert abs(found - true) <= 3 * np.sqrt(true * (1 - true) / runs) + 1e-12
    assert of_proportion >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)


@pytest.mark.parametrize("setting", SETTINGS)
def test_intervals_cover_in_simulation_what_they_cover_on_paper(setting: tuple[int, int, float, float]) -> None:
    check_coverage(20_000, 11, setting)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("n", "m", "p", "q"), list(product((12, 60, 300), (150, 400), (0.01, 0.058, 0.4), (0.01, 0.032, 0.4)))
)
def test_intervals_cover_in_long_simulations(n: int, m: int, p: float, q: float) -> None:
    check_coverage(200_000, 23, (n, m, p, q))


def test_clusters_that_vary_as_single_rows_do_give_the_exact_interval() -> None:
    """With one row each, clustered data are plain: the effective number is n - 1, from the variance's own divisor."""
    value, low, high = clustered(np.array([1.0] * 6 + [0.0] * 14), np.ones(20))
    assert value == 0.3
    assert (low, high) == pytest.approx(of(0.3 * 19, 19))


def test_clusters_of_equal_rows_count_as_one_row_each() -> None:
    spread = clustered(np.array([10.0] * 6 + [0.0] * 14), np.full(20, 10.0))
    assert spread == pytest.approx(clustered(np.array([1.0] * 6 + [0.0] * 14), np.ones(20)))


def test_clusters_that_agree_wholly_count_as_many_as_they_are() -> None:
    assert clustered(np.array([5.0, 8.0, 2.0]), np.array([5.0, 8.0, 2.0]))[1:] == pytest.approx(of(3, 3))
    assert clustered(np.array([4.0]), np.array([5.0]))[1:] == pytest.approx(of(0.8, 1))


def test_no_rows_have_no_share() -> None:
    assert np.isnan(clustered(np.zeros(0), np.zeros(0))).all()


@pytest.mark.nightly
def test_the_interval_of_clustered_rows_covers_in_simulation() -> None:
    """Sizes and shares of 40 clusters vary and are correlated; the true share is that of a million of them."""
    rng = np.random.default_rng(5)

    def draw(clusters: int) -> tuple[np.ndarray, np.ndarray]:
        share = rng.beta(1.2, 0.8, clusters)
        sizes = 1 + rng.poisson(4 + 30 * share)
        return rng.binomial(sizes, share).astype(float), sizes.astype(float)

    counts, sizes = draw(1_000_000)
    true, runs = counts.sum() / sizes.sum(), 4000
    held = [low <= true <= high for _, low, high in (clustered(*draw(40)) for _ in range(runs))]
    assert np.mean(held) >= 0.93 - 3 * np.sqrt(0.93 * 0.07 / runs)
