"""Selecting date after date keeps what was promised over all of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from models.selection.across_dates import ACROSS, Across, SequentialSelection
from models.selection.fdr import select_by_fdr

Q = 0.1


def months(rng: np.random.Generator, *, dates: int, people: int, unusual: int, shared: float) -> list[np.ndarray]:
    """P-values of the same people on each date; `shared` is how much of a person's value stays from date to date."""
    lasting = rng.normal(size=people)
    shift = np.where(np.arange(people) < unusual, 3.5, 0.0)
    return [
        ndtr(-(np.sqrt(shared) * lasting + np.sqrt(1 - shared) * rng.normal(size=people) + shift)) for _ in range(dates)
    ]


def false_share(across: Across, *, unusual: int, shared: float, repeats: int = 150) -> tuple[float, float, float]:
    """The mean false share over all dates together, its standard error, and the mean number rightly selected."""
    shares, found = [], []
    for seed in range(repeats):
        p_values = months(np.random.default_rng([seed, 7]), dates=6, people=400, unusual=unusual, shared=shared)
        dates = SequentialSelection(Q, 6, across)
        chosen = np.array([dates.select(p).chosen for p in p_values])
        shares.append(chosen[:, unusual:].sum() / max(chosen.sum(), 1))
        found.append(chosen[:, :unusual].sum())
    return float(np.mean(shares)), float(np.std(shares, ddof=1) / np.sqrt(repeats)), float(np.mean(found))


@pytest.mark.parametrize("across", ["spending", "batch"])
@pytest.mark.parametrize("unusual", [0, 10])
def test_the_rate_over_all_dates_holds_for_independent_dates(across: Across, unusual: int) -> None:
    share, error, _ = false_share(across, unusual=unusual, shared=0.0)
    assert share <= Q + 3 * error


@pytest.mark.parametrize("shared", [0.6, 0.95])
def test_spending_holds_when_the_same_people_come_again(shared: float) -> None:
    share, error, _ = false_share("spending", unusual=0, shared=shared)
    assert share <= Q + 3 * error


def test_each_date_by_itself_lets_the_rate_over_all_dates_grow() -> None:
    share, error, _ = false_share("each", unusual=0, shared=0.0)
    assert share > 2 * Q + 3 * error


def test_batches_find_more_than_spending() -> None:
    assert false_share("batch", unusual=10, shared=0.0)[2] > false_share("spending", unusual=10, shared=0.0)[2]


def test_each_is_the_plain_selection_on_every_date() -> None:
    p_values = months(np.random.default_rng(1), dates=3, people=300, unusual=10, shared=0.3)
    dates = SequentialSelection(Q, 3, "each")
    for chances in p_values:
        np.testing.assert_array_equal(dates.select(chances).chosen, select_by_fdr(chances, q=Q).chosen)
    assert dates.levels == [Q, Q, Q]


@pytest.mark.parametrize("across", ACROSS)
def test_one_date_may_use_everything(across: Across) -> None:
    dates = SequentialSelection(Q, 1, across)
    dates.select(np.array([0.01, 0.5, np.nan]))
    assert dates.levels == [Q]


def test_a_worked_case_of_batches() -> None:
    """Two dates of 4 tests.

    First: 0.05 is allowed; 0.001 is selected, and with one more at 0 two would be. Second: 0.1 is allowed in all, less
    0.05 x 2/2 spent; what is left, 0.05, grows by (4 + 1)/4.
    """
    dates = SequentialSelection(Q, 2, "batch")
    assert dates.select(np.array([0.001, 0.3, 0.6, 0.9])).chosen.tolist() == [True, False, False, False]
    dates.select(np.array([0.5, 0.6, 0.7, 0.8]))
    assert dates.levels == pytest.approx([0.05, (0.1 - 0.05 * 2 / 2) * 5 / 4])


def test_what_comes_later_changes_nothing_before() -> None:
    p_values = months(np.random.default_rng(2), dates=4, people=200, unusual=10, shared=0.3)
    short, long = SequentialSelection(Q, 4, "batch"), SequentialSelection(Q, 4, "batch")
    for chances in p_values[:2]:
        short.select(chances)
    for chances in p_values:
        long.select(chances)
    assert long.levels[:2] == short.levels


def test_nobody_to_test_on_a_date_is_no_error() -> None:
    dates = SequentialSelection(Q, 2, "batch")
    assert not dates.select(np.array([np.nan, np.nan])).chosen.any()
    assert dates.select(np.array([1e-9, 0.5])).chosen.tolist() == [True, False]
