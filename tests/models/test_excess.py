"""Excess: what is said of a rate holds as often as it is said to, more events never make an excess less likely."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.past import PeriodCounts
from models.excess.estimate import check_past
from models.excess.forgetting import Past, learn
from models.excess.peer_rates import peer_rates
from models.excess.relative_rates import RelativeRates, weights
from models.selection.by_chance import select_by_chance

SHAPE, PEOPLE, PERIODS, AHEAD = 1.2, 2000, 8, 4


def a_past(seed: int, *, lasting: bool) -> Past:
    """Counts under true rates that last, or of which a third of people get a new one in each half-year."""
    rng = np.random.default_rng(seed)
    rate, seen = rng.gamma(SHAPE, 1 / SHAPE, PEOPLE), []
    for _ in range(PERIODS + AHEAD):
        if not lasting:
            rate = np.where(rng.random(PEOPLE) < 1 / 3, rng.gamma(SHAPE, 1 / SHAPE, PEOPLE), rate)
        seen.append(rng.poisson(0.8 * rate))
    counts = np.column_stack(seen[::-1]).astype(np.float64)
    due = np.full((PEOPLE, PERIODS), 0.8)
    return Past(
        ids=np.arange(PEOPLE),
        value=counts[:, AHEAD:],
        expected=due,
        came=counts[:, :AHEAD].sum(axis=1),
        due=np.full(PEOPLE, 0.8 * AHEAD),
    )


def test_one_worked_case() -> None:
    rates = RelativeRates(shape=2.0, events=np.array([6.0]), expected=np.array([2.0]))
    assert rates.mean[0] == pytest.approx(8 / 4)
    # A gamma distribution of shape 8 and rate 4 lies below 2 as often as a Poisson count of mean 8 is 8 or more.
    at_most_seven = sum(8.0**n / np.prod(np.arange(1, n + 1)) for n in range(8)) * np.exp(-8.0)
    assert rates.chance_under(2.0)[0] == pytest.approx(1 - at_most_seven)


@given(
    events=st.lists(st.integers(0, 9), min_size=6, max_size=6),
    period=st.integers(0, 5),
    factor=st.floats(0.1, 1.0),
    shape=st.floats(0.2, 20.0),
)
def test_one_more_event_never_makes_an_excess_less_likely_and_a_later_one_does_as_much_as_an_earlier(
    events: list[int], period: int, factor: float, shape: float
) -> None:
    weight, expected = weights(factor, 6), np.full(3, 2.0)
    own = np.array([events, events, events], dtype=np.float64)
    own[1, period] += 1
    own[2, max(0, period - 1)] += 1
    before, after, later = RelativeRates(shape, own @ weight, expected).chance_under(2.0)
    assert after <= before
    assert later <= after


def test_of_those_selected_as_many_fall_short_as_is_said() -> None:
    shares, said = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        true = rng.gamma(SHAPE, 1 / SHAPE, 1000)
        expected = rng.uniform(1.0, 6.0, 1000)
        rates = RelativeRates(SHAPE, rng.poisson(true * expected).astype(np.float64), expected)
        chance = rates.chance_under(2.0)
        chosen = select_by_chance(chance, q=0.1).chosen
        assert chosen.any()
        shares.append((true[chosen] < 2.0).mean())
        said.append(chance[chosen].mean())
    error = np.std(np.array(shares) - said, ddof=1) / np.sqrt(len(shares))
    assert abs(np.mean(shares) - np.mean(said)) <= 3 * error
    assert np.mean(shares) <= 0.1 + 2 * error


def test_equals_are_selected_together_or_not_at_all() -> None:
    chance = np.array([0.05, 0.14, 0.14, 0.14, np.nan])
    assert select_by_chance(chance, q=0.1).chosen.tolist() == [True, False, False, False, False]
    assert select_by_chance(chance, q=0.12).chosen.tolist() == [True, True, True, True, False]


def test_the_past_is_forgotten_the_faster_the_faster_people_change() -> None:
    lasting, changing = (learn(a_past(3, lasting=lasting)) for lasting in (True, False))
    assert lasting is not None
    assert changing is not None
    assert lasting.factor >= 0.9
    assert changing.factor <= 0.6
    assert lasting.shape == pytest.approx(SHAPE, rel=0.2)


def test_what_was_predicted_came() -> None:
    short = []
    for seed in range(10):
        past = a_past(seed, lasting=True)
        learned = learn(past)
        assert learned is not None
        check = check_past(past, learned, times=2.0, q=0.1)
        assert check.flagged
        assert abs(check.came - check.predicted) <= 4 * check.deviation
        short.append((check.came - check.predicted) / check.deviation)
    assert abs(np.mean(short)) <= 3 / np.sqrt(10)


def test_where_less_came_than_was_predicted_nothing_is_promised() -> None:
    past = a_past(1, lasting=True)
    learned = learn(past)
    assert learned is not None
    ended = replace(past, came=np.random.default_rng(1).poisson(past.due).astype(np.float64))
    assert check_past(ended, learned, times=2.0, q=0.1).fell_short


def test_a_group_with_double_the_rate_has_it_and_a_small_one_is_drawn_towards_the_force() -> None:
    groups = np.repeat([0, 1, 2], [400, 400, 2])[:, None]
    counts = PeriodCounts(np.repeat([10.0, 20.0, 20.0], [400, 400, 2])[:, None], np.full((802, 1), 100.0))
    rates = peer_rates(counts, groups)[:, 0]
    assert rates[:2] == pytest.approx([0.1, 0.2], rel=0.01)
    assert 0.1 < rates[2] < 0.2
