"""The rates at which things arise with what a team's members did."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.arrays import Floats
from models.nulls.case_mix import fit_case_mix

NAMES = ("member_days", "joint_attendances")


def test_rates_that_explain_every_count_are_found() -> None:
    worked = np.array([[100.0, 0.0], [0.0, 50.0], [200.0, 100.0], [300.0, 10.0]])
    mix = fit_case_mix(worked @ np.array([0.02, 0.1]), worked, NAMES)
    assert mix.rates.tolist() == pytest.approx([0.02, 0.1], rel=1e-3)


def test_what_nobody_did_explains_nothing() -> None:
    worked = np.array([[100.0, 0.0], [300.0, 0.0]])
    mix = fit_case_mix(np.array([1.0, 3.0]), worked, NAMES)
    assert mix.rates.tolist() == pytest.approx([0.01, 0.0])


def test_where_nothing_arose_all_rates_are_zero() -> None:
    assert fit_case_mix(np.zeros(2), np.ones((2, 2)), NAMES).rates.tolist() == [0.0, 0.0]


teams = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 400), st.integers(0, 80)), min_size=2, max_size=15)


@given(teams)
def test_rates_are_never_below_zero_and_as_much_is_expected_as_there_was(rows: list[tuple[int, int, int]]) -> None:
    counts, worked = np.array([float(r[0]) for r in rows]), np.array([[float(r[1]), float(r[2])] for r in rows])
    rates = fit_case_mix(counts, worked, NAMES).rates
    assert (rates >= 0).all()
    assert (worked @ rates).sum() == pytest.approx(counts.sum())


@given(teams)
def test_no_other_rates_along_either_exposure_make_the_counts_likelier(rows: list[tuple[int, int, int]]) -> None:
    counts, worked = np.array([float(r[0]) for r in rows]), np.array([[float(r[1]), float(r[2])] for r in rows])
    rates = fit_case_mix(counts, worked, NAMES).rates

    def log_likelihood(at: Floats) -> float:
        expected = np.maximum(worked @ at, 1e-12)
        return float(np.sum(counts * np.log(expected) - expected))

    best = log_likelihood(rates)
    for factors in ([1.1, 1.0], [0.9, 1.0], [1.0, 1.1], [1.0, 0.9]):
        assert log_likelihood(rates * factors) <= best + 1e-3 * (1 + abs(best))
