"""Combining and selecting: against an independent computation, at the edges, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from models.selection import combine, q_values, select_by_capacity, select_by_fdr

chances = st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=60).map(np.array)


@given(chances)
def test_q_values_equal_an_independent_computation(p_values: np.ndarray) -> None:
    np.testing.assert_allclose(q_values(p_values), false_discovery_control(p_values), rtol=1e-12)


@given(chances, st.integers(0, 5))
def test_those_without_evidence_do_not_count_as_tests(p_values: np.ndarray, missing: int) -> None:
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
