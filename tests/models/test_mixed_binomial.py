"""The null of rare counts: never certain that people are alike, and right about people it was not made for."""

from __future__ import annotations

import numpy as np
import pytest

from data.arrays import Floats
from models.nulls.counts_together import fit_together
from models.nulls.mixed_binomial import SPREADS, Counts, learn_spread, middle_of
from models.selection.fdr import select_by_fdr

PEOPLE = 2000


def ordinary(rng: np.random.Generator, *, rate: float, spread: float, trials: int = 40) -> Counts:
    """Hits of people whose odds differ by a log-normal factor, out of trials that differ too."""
    odds = rate / (1 - rate) * np.exp(spread * rng.normal(size=PEOPLE) - spread**2 / 2)
    n = rng.integers(trials // 2, 2 * trials, PEOPLE)
    return Counts(rng.binomial(n, odds / (1 + odds)).astype(np.float64), n.astype(np.float64))


def chances(*counts: Counts) -> list[Floats]:
    return [fitted.p_value for fitted in fit_together(counts) if fitted is not None]


def test_where_hits_are_rare_two_of_them_are_not_impossible() -> None:
    """One person in fifty has a hit: nothing tells how people differ, so the few with two may be ordinary."""
    hits = np.repeat([0.0, 1.0, 2.0], [1955, 40, 5])
    (p_value,) = chances(Counts(hits, np.full(PEOPLE, 40.0)))
    assert p_value[-1] > 5e-4
    assert not select_by_fdr(p_value, q=0.1).chosen.any()


@pytest.mark.parametrize("rate", [0.002, 0.02, 0.2])
def test_small_chances_are_no_smaller_than_they_may_be(rate: float) -> None:
    """At one in a hundred and below, where selections are made, and where people's odds are log-normal.

    Where their shares are, small chances are too small at higher rates: see `MixedBinomialNull.upper_tail`.
    """
    counts = [ordinary(np.random.default_rng(seed), rate=rate, spread=1.0) for seed in range(6)]
    p_value = np.concatenate(chances(*counts))
    for level in (0.01, 0.001, 0.0001):
        error = np.sqrt(level / len(p_value))
        assert np.mean(p_value <= level) <= level + 3 * error


def test_twice_the_ordinary_rate_flags_no_more_people_than_its_rate_allows() -> None:
    """What is ordinary follows the force: a rule that everybody breaks twice as often is no reason to flag anybody."""
    flagged = {}
    for factor in (1, 2):
        forces = [ordinary(np.random.default_rng(seed), rate=0.01 * factor, spread=1.1) for seed in range(20)]
        flagged[factor] = [select_by_fdr(p, q=0.1).chosen.sum() for force in forces for p in chances(force)]
    allowed = 0.1 + 3 * np.sqrt(0.1 * 0.9 / 20)
    assert all(np.mean(np.array(by_force) > 0) <= allowed for by_force in flagged.values())


def test_somebody_far_above_what_is_ordinary_is_selected() -> None:
    counts = ordinary(np.random.default_rng(1), rate=0.01, spread=0.5)
    counts.hits[0], counts.trials[0] = 30.0, 40.0
    (p_value,) = chances(counts)
    assert select_by_fdr(p_value, q=0.1).chosen.tolist() == [True] + [False] * (PEOPLE - 1)


def test_the_prior_of_the_spread_follows_the_force_and_is_never_zero_anywhere() -> None:
    middles = {
        spread: [
            middle
            for seed in range(5)
            if (middle := middle_of(ordinary(np.random.default_rng(seed), rate=0.1, spread=spread))) is not None
        ]
        for spread in (0.3, 1.5)
    }
    narrow, wide = (learn_spread(of) for of in middles.values())
    assert narrow.min() > 0 < wide.min()
    assert narrow @ SPREADS < 0.8 < 1.0 < wide @ SPREADS


def test_nothing_is_said_of_few_people_or_where_nobody_is_contradicted() -> None:
    few = Counts(np.ones(29), np.full(29, 4.0))
    nobody = Counts(np.zeros(100), np.full(100, 4.0))
    assert fit_together([few, nobody]) == [None, None]
