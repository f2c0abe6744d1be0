"""Combining and selecting: against an independent computation, at the edges, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from data.arrays import Floats
from models.selection.fdr import (
    COMBINATIONS,
    Combination,
    combine,
    decisive_sources,
    q_values,
    select_by_capacity,
    select_by_fdr,
)

chances = st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=60).map(np.array)


@given(chances)
def test_q_values_equal_an_independent_computation(p_values: Floats) -> None:
    np.testing.assert_allclose(q_values(p_values), false_discovery_control(p_values), rtol=1e-12)


@given(chances, st.integers(0, 5))
def test_those_without_evidence_do_not_count_as_tests(p_values: Floats, missing: int) -> None:
    with_gaps = np.concatenate([p_values, np.full(missing, np.nan)])
    adjusted = q_values(with_gaps)
    np.testing.assert_allclose(adjusted[: len(p_values)], q_values(p_values))
    assert np.isnan(adjusted[len(p_values) :]).all()
    assert select_by_fdr(with_gaps, q=0.1).insufficient == missing


def test_the_false_discovery_rate_holds_by_simulation() -> None:
    """900 ordinary and 100 unusual, independent: the mean false share is at most q, beyond three standard errors."""
    rng = np.random.default_rng(4)
    false_share = []
    for _ in range(400):
        p_values = np.concatenate([rng.random(900), rng.beta(0.05, 5, 100)])
        chosen = select_by_fdr(p_values, q=0.1).chosen
        false_share.append(chosen[:900].sum() / max(chosen.sum(), 1))
    standard_error = np.std(false_share, ddof=1) / np.sqrt(len(false_share))
    assert np.mean(false_share) <= 0.1 + 3 * standard_error
    assert np.mean(false_share) > 0.05


def test_the_combination_is_valid_whatever_the_dependence() -> None:
    rng = np.random.default_rng(8)
    shared = rng.random(40_000)
    for p_values in (rng.random((40_000, 5)), np.column_stack([shared] * 5), np.column_stack([shared, 1 - shared])):
        for level in (0.1, 0.01):
            share = np.mean(combine(p_values) <= level)
            assert share <= level + 3 * np.sqrt(level / 40_000)


def test_one_source_of_evidence_is_taken_as_it_is() -> None:
    assert combine(np.array([[0.03], [np.nan]]))[0] == 0.03
    assert np.isnan(combine(np.array([[0.03], [np.nan]]))[1])
    assert np.isnan(combine(np.empty((2, 0)))).all()


def test_capacity_takes_the_strongest_and_everybody_who_ties_at_the_cut() -> None:
    selection = select_by_capacity(np.array([0.5, 0.01, 0.2, 0.2, 0.2, np.nan]), places=2)
    assert selection.chosen.tolist() == [False, True, True, True, True, False]
    assert selection.tied.tolist() == [False, False, True, True, True, False]
    assert selection.threshold == 0.2
    assert selection.insufficient == 1


def test_an_exact_fit_to_capacity_has_no_ties() -> None:
    selection = select_by_capacity(np.array([0.5, 0.01, 0.2]), places=2)
    assert selection.chosen.tolist() == [False, True, True]
    assert not selection.tied.any()


@pytest.mark.parametrize("p_values", [[1.0, 1.0, 1.0], [np.nan, np.nan], []])
def test_no_evidence_is_never_selected_by_capacity(p_values: list[float]) -> None:
    selection = select_by_capacity(np.array(p_values, dtype=float), places=2)
    assert not selection.chosen.any()
    assert selection.threshold == 0.0


def test_nobody_is_selected_when_nothing_stands_out() -> None:
    selection = select_by_fdr(np.linspace(0.2, 1, 50), q=0.1)
    assert not selection.chosen.any()
    assert selection.threshold == 0.0


@given(chances)
def test_the_robust_q_values_equal_independent_computations(p_values: Floats) -> None:
    result = q_values(p_values, dependence="any")
    np.testing.assert_allclose(result, false_discovery_control(p_values, method="by"), rtol=1e-12)
    np.testing.assert_allclose(result, multipletests(p_values, method="fdr_by")[1], rtol=1e-12)
    np.testing.assert_allclose(q_values(p_values), multipletests(p_values, method="fdr_bh")[1], rtol=1e-12)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("unusual", [0, 50])
def test_the_rate_holds_under_positive_dependence(correlation: float, unusual: int) -> None:
    """With nobody unusual, any selection is false: this is then the family-wise error rate as well."""
    rng = np.random.default_rng([6, int(10 * correlation), unusual])
    shares = []
    for _ in range(400):
        z = np.sqrt(correlation) * rng.normal() + np.sqrt(1 - correlation) * rng.normal(size=500)
        z[:unusual] += 3.5
        chosen = select_by_fdr(ndtr(-z), q=0.1).chosen
        shares.append(chosen[unusual:].sum() / max(chosen.sum(), 1))
    assert np.mean(shares) <= 0.1 + 3 * np.std(shares, ddof=1) / np.sqrt(len(shares))


def test_the_robust_rate_holds_where_the_plain_one_breaks() -> None:
    """P-values made so that as soon as one is small enough, just enough others are: the worst dependence there is.

    Of m ordinary subjects, with chance q/k a set of k falls just under k q / m. Benjamini-Hochberg then selects in a
    share q (1 + 1/2 + ... + 1/m) of worlds.
    """
    rng = np.random.default_rng(12)
    m, q, plain, robust = 50, 0.1, 0, 0
    steps = np.arange(1, m + 1)
    for _ in range(3000):
        size = int(rng.choice(m + 1, p=np.append(q / steps, 1 - np.sum(q / steps))))
        p_values = rng.uniform(q, 1, m)
        if size < m:
            together = rng.choice(m, size + 1, replace=False)
            p_values[together] = rng.uniform(q * size / m, q * (size + 1) / m, size + 1)
        plain += bool(select_by_fdr(p_values, q=q).chosen.any())
        robust += bool(select_by_fdr(p_values, q=q, dependence="any").chosen.any())
    error = np.sqrt(q * (1 - q) / 3000)
    assert plain / 3000 > 3 * q
    assert robust / 3000 <= q + 3 * error


def test_weights_are_shared_out_among_those_who_speak() -> None:
    p_values = np.array([[0.01, 0.5], [np.nan, 0.2], [0.01, 0.01]])
    assert combine(p_values, weights=[3.0, 1.0]).tolist() == pytest.approx([0.04 / 3, 0.2, 0.04 / 3])


@pytest.mark.parametrize("weights", [[1.0, 1.0, 1.0], [5.0, 1.0, 0.5]])
def test_the_weighted_combination_is_valid_whatever_the_dependence(weights: list[float]) -> None:
    rng = np.random.default_rng(9)
    shared, n = rng.random(40_000), 40_000
    for p_values in (rng.random((n, 3)), np.column_stack([shared] * 3), (shared[:, np.newaxis] + [0, 0.3, 0.7]) % 1):
        for level in (0.1, 0.01):
            share = np.mean(combine(p_values, weights=weights) <= level)
            assert share <= level + 3 * np.sqrt(level / n)


def test_the_harmonic_mean_is_what_it_says() -> None:
    result = combine(np.array([[0.01, 0.04], [np.nan, np.nan], [1.0, 1.0]]), method="harmonic")
    assert result[0] == pytest.approx(2 / (1 / 0.01 + 1 / 0.04))
    assert np.isnan(result[1])
    assert result[2] == 1.0
    assert combine(np.array([[0.01, 0.5]]), method="harmonic", weights=[3, 1])[0] == pytest.approx(4 / (300 + 2))


@pytest.mark.parametrize("method", COMBINATIONS)
def test_one_source_alone_is_itself_by_every_method(method: Combination) -> None:
    assert combine(np.array([[0.03, np.nan]]), method=method, weights=[0.2, 5.0])[0] == pytest.approx(0.03)


def test_those_who_reach_the_cut_alone_carry_a_selection_the_strongest_first() -> None:
    result = decisive_sources(np.array([0.004, 0.5, 0.001, np.nan]), 0.02, method="bonferroni", weights=[1, 1, 1, 1])
    assert result == [2, 0]


def test_where_nobody_reaches_the_cut_alone_the_fewest_that_do_together_carry_it() -> None:
    p_values, weights = np.array([0.02, 0.021, 0.9]), [1.0, 1.0, 1.0]
    cut = 0.035
    assert combine(p_values[np.newaxis, :], method="harmonic")[0] <= cut
    assert decisive_sources(p_values, cut, method="harmonic", weights=weights) == [0, 1]
