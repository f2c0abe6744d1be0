"""Rates with a small class of ordinary people far above the others: what their tail keeps, and what power is left."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from data.arrays import Floats
from models.nulls.gamma_poisson import fit, limits, upper_tail
from models.nulls.rate_classes import RateClassesNull, fit_rate_classes
from models.selection.fdr import select_by_fdr

PEOPLE = 2000
FORCES = 12


def classes(rng: np.random.Generator) -> Floats:
    """Return rates as of drawn forces: three in a hundred ordinary people have 4.5 times theirs, and all wander."""
    wandering = np.exp(0.5 * rng.normal(size=PEOPLE) - 0.125)
    return rng.gamma(0.9, 1 / 0.9, PEOPLE) * np.where(rng.random(PEOPLE) < 0.03, 4.5, 1.0) * wandering


def cases(rng: np.random.Generator) -> Floats:
    """Return rates that fit what is published of people with repeated cases: a tenth have 5.4 times theirs."""
    return rng.gamma(1.04, 1 / 1.04, PEOPLE) * np.where(rng.random(PEOPLE) < 0.098, 5.4, 1.0)


def multiplied(rng: np.random.Generator) -> Floats:
    """Return rates that are log-normal, which no two classes are."""
    return np.exp(rng.normal(size=PEOPLE) - 0.5)


def alike(rng: np.random.Generator) -> Floats:
    """Return the rates of people who differ as a gamma and no more."""
    return rng.gamma(1.2, 1 / 1.2, PEOPLE)


def fitted(counts: Floats) -> tuple[RateClassesNull, Floats, float]:
    """Return the null, what is expected of everybody, and the shape of the gamma-Poisson null it began with."""
    exposure, groups = np.ones(len(counts)), np.zeros(len(counts), dtype=np.intp)
    null = fit(counts, exposure, groups)
    assert null is not None
    expected = null.expected(exposure, groups)
    return fit_rate_classes(counts, expected, null.shape), expected, null.shape


@pytest.mark.parametrize("rates", [classes, cases, multiplied, alike])
@pytest.mark.parametrize("mean", [0.5, 2.0])
def test_small_p_values_are_no_commoner_among_ordinary_people_than_they_say(
    rates: Callable[[np.random.Generator], Floats], mean: float
) -> None:
    p_values, flagged = [], 0
    for seed in range(FORCES):
        rng = np.random.default_rng(seed)
        counts = rng.poisson(mean * rates(rng)).astype(float)
        null, expected, _ = fitted(counts)
        p_values.append(null.upper_tail(counts, expected))
        flagged += bool(select_by_fdr(p_values[-1], q=0.1).chosen.any())
    p_value = np.concatenate(p_values)
    for at in (0.01, 0.001):
        standard_error = np.sqrt(at * (1 - at) / len(p_value))
        assert np.mean(p_value <= at) <= at + 3 * standard_error
    # At most one force in ten may have a flag; three standard errors of a share over twelve forces are 0.26.
    assert flagged / FORCES <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / FORCES)


def test_the_gamma_poisson_null_alone_breaks_what_it_says_there() -> None:
    """What the null is for: the same people under the null it takes the place of."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(classes(rng)).astype(float)
    null, expected, shape = fitted(counts)
    by_gamma = upper_tail(counts, expected, shape)
    assert np.sum(by_gamma <= 0.001) > 3 * 0.001 * PEOPLE
    assert np.sum(null.upper_tail(counts, expected) <= 0.001) <= 0.001 * PEOPLE + 3 * np.sqrt(0.001 * PEOPLE)


def test_somebody_far_above_even_the_higher_class_is_selected() -> None:
    """Of one in a hundred people at sixty times what peers leave most are selected, and hardly anybody else."""
    found, wrong = 0, 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        rates = classes(rng)
        rates[:20] = 60.0
        counts = rng.poisson(rates).astype(float)
        null, expected, _ = fitted(counts)
        chosen = select_by_fdr(null.upper_tail(counts, expected), q=0.1).chosen
        found, wrong = found + int(chosen[:20].sum()), wrong + int(chosen[20:].sum())
    assert found > 60
    assert wrong <= 0.1 * (found + wrong) + 3


def test_how_far_up_the_very_people_sought_lie_does_not_lengthen_the_tail() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(classes(rng)).astype(float)
    above = limits(np.ones(1), 1.0, 0.99)[0] * 10
    counts[:5] = above
    null, expected, _ = fitted(counts)
    higher = counts.copy()
    higher[:5] = above * 50
    again, _, _ = fitted(higher)
    assert again.upper_tail(counts, expected).tolist() == null.upper_tail(counts, expected).tolist()


def test_the_order_of_people_changes_no_bit_and_one_is_tested_alone_as_among_others() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(0.7 * classes(rng)).astype(float)
    expected = rng.gamma(2.0, 0.3, PEOPLE)
    order = rng.permutation(PEOPLE)
    null, shuffled = (fit_rate_classes(counts[at], expected[at], 1.0) for at in (np.arange(PEOPLE), order))
    p_value = null.upper_tail(counts, expected)
    assert shuffled.upper_tail(counts[order], expected[order]).tolist() == p_value[order].tolist()
    assert null.upper_tail(counts[[17]], expected[[17]])[0] == p_value[17]


def test_the_range_of_ordinary_people_holds_the_share_it_says_and_no_less_would() -> None:
    rng = np.random.default_rng(4)
    counts = rng.poisson(2 * alike(rng)).astype(float)
    null, _, _ = fitted(counts)
    low, high = null.interval(2.0)
    below, above = (1 - null.upper_tail(np.array([at]), np.array([2.0]))[0] for at in (low, low + 1))
    assert below <= 0.025 <= above + 1e-12
    assert null.upper_tail(np.array([high + 1]), np.array([2.0]))[0] < 0.025
    assert null.upper_tail(np.array([high]), np.array([2.0]))[0] >= 0.025
    assert low < null.expected(2.0) < high
