"""The number of false ones is bounded for every subset at once: against all of closed testing, and by simulation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.arrays import Floats
from models.selection.false_bounds import bound_false
from models.selection.fdr import DEPENDENCES, Dependence, penalty, select_by_fdr

few = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=7)


def by_closed_testing(p_values: Floats, chosen: tuple[int, ...], level: float) -> int:
    """The largest part of the chosen that lies in some set that no Simes test rejects: every set is tried."""
    everyone = range(len(p_values))
    most = 0
    for size in range(1, len(p_values) + 1):
        for together in combinations(everyone, size):
            ordered = np.sort(p_values[list(together)])
            if not np.any(size * ordered <= level * np.arange(1, size + 1)):
                most = max(most, len(set(together) & set(chosen)))
    return most


@given(few, st.sampled_from([0.05, 0.2, 0.5]), st.sampled_from(DEPENDENCES), st.data())
def test_the_shortcut_equals_all_of_closed_testing(
    chances: list[float], alpha: float, dependence: Dependence, data: st.DataObject
) -> None:
    p_values = np.array(chances)
    chosen = tuple(data.draw(st.sets(st.integers(0, len(p_values) - 1))))
    bound = bound_false(p_values, confidence=1 - alpha, dependence=dependence)
    level = (1 - (1 - alpha)) / penalty(len(p_values), dependence)
    assert bound.at_most(p_values[list(chosen)]) == by_closed_testing(p_values, chosen, level)


def test_a_worked_case() -> None:
    """Ten tests at level 0.1, three of them far under it: Hommel's number of possibly false is 7."""
    p_values = np.array([1e-5, 1e-4, 1e-3, *np.linspace(0.3, 1, 7)])
    bound = bound_false(p_values, confidence=0.9)
    assert bound.possible == 7
    assert [bound.at_most(p_values[:n]) for n in (1, 2, 3, 4)] == [0, 0, 0, 1]


def test_where_nothing_stands_out_all_may_be_false() -> None:
    p_values = np.linspace(0.2, 1, 30)
    assert bound_false(p_values, confidence=0.9).at_most(p_values[:5]) == 5


@pytest.mark.parametrize("p_values", [np.array([]), np.array([np.nan])])
def test_without_tests_nothing_can_be_false(p_values: Floats) -> None:
    bound = bound_false(p_values, confidence=0.9)
    assert bound.possible == 0
    assert bound.at_most(np.array([])) == 0


def test_missing_evidence_is_no_test_and_counts_as_false_when_picked() -> None:
    p_values = np.array([1e-6, np.nan])
    bound = bound_false(p_values, confidence=0.9)
    assert bound.possible == 0
    assert bound.at_most(p_values) == 1


def broken(dependence: Dependence, correlation: float, repeats: int = 400) -> float:
    """How often the bound is broken for any of the 200 sets made of the smallest p-values."""
    rng = np.random.default_rng([3, int(100 * correlation)])
    from scipy.special import ndtr

    times = 0
    for _ in range(repeats):
        z = np.sqrt(correlation) * rng.normal() + np.sqrt(1 - correlation) * rng.normal(size=500)
        z[:25] += 3.5
        p_values = ndtr(-z)
        bound = bound_false(p_values, confidence=0.9, dependence=dependence)
        order = np.argsort(p_values)
        false = np.cumsum(order >= 25)
        times += any(false[n - 1] > bound.at_most(p_values[order[:n]]) for n in range(1, 201))
    return times / repeats


@pytest.mark.parametrize("correlation", [0.0, pytest.param(0.3, marks=pytest.mark.nightly), 0.7])
def test_the_bound_holds_for_all_sets_at_once_with_the_stated_confidence(correlation: float) -> None:
    """Independent and positively dependent p-values; three standard errors of 400 repeats allowed."""
    share = broken("positive", correlation)
    assert share <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 400)


def test_the_bound_is_not_vacuous() -> None:
    rng = np.random.default_rng(5)
    p_values = np.concatenate([rng.random(475), rng.random(25) * 1e-6])
    chosen = select_by_fdr(p_values, q=0.1).chosen
    assert bound_false(p_values, confidence=0.9).at_most(p_values[chosen]) <= 0.3 * chosen.sum()
    assert broken("positive", 0.0, repeats=100) > 0  # it is broken now and then, as a tight one is
