"""How far a value lies above its peers'."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.arrays import Floats
from features.indicators import indicators
from features.table import OK, STATUSES, Cells
from models.nulls.residuals import MOST, ResidualScale, fit_scale
from models.panel import Panel, Series
from models.peers import PeerGroups

NAME = "complaints"
TOO_FEW = STATUSES.index("too_few")


def panel(values: list[float], *, group: str = "everybody", status: list[int] | None = None) -> Panel:
    n = len(values)
    rows = np.array(values).astype(np.int64)
    states = np.full(n, OK, np.int8) if status is None else np.array(status, np.int8)
    series = Series(indicators()[NAME], Cells(NAME, 365, np.array(values), np.full(n, 10.0), rows, states))
    peers = PeerGroups((group,) * n, {group: n})
    return Panel("officer", date(2026, 1, 1), "standards", np.arange(1, n + 1), peers, (series,))


def residuals(values: list[float]) -> Floats:
    view = panel(values)
    return fit_scale(view).residuals(view)[:, 0]


def test_a_residual_counts_robust_spreads_above_the_median() -> None:
    # Rates 0.1 to 0.5: the median is 0.3, the median absolute deviation 0.1, the spread 0.14826.
    assert residuals([1, 2, 3, 4, 5]).tolist() == pytest.approx([0, 0, 0, 0.1 / 0.14826, 0.2 / 0.14826])


def test_where_more_than_half_are_equal_the_mean_deviation_is_the_spread() -> None:
    # Median 0 and median absolute deviation 0; the mean absolute deviation is 0.5 / 5 = 0.1.
    assert residuals([0, 0, 0, 0, 5]).tolist() == pytest.approx([0, 0, 0, 0, 0.5 / (1.2533 * 0.1)])


def test_where_nobody_differs_nobody_stands_out() -> None:
    assert residuals([2, 2, 2, 2]).tolist() == [0, 0, 0, 0]


def test_one_wild_value_is_cut_and_moves_the_scale_of_the_others_little() -> None:
    wild, tame = residuals([1, 2, 3, 4, 5, 6, 7, 9000]), residuals([1, 2, 3, 4, 5, 6, 7, 8])
    assert wild[-1] == MOST
    assert wild[:-1].tolist() == pytest.approx(tame[:-1].tolist())


@given(st.lists(st.integers(0, 30), min_size=2, max_size=20))
def test_residuals_lie_between_zero_and_the_cut_and_keep_the_order(values: list[int]) -> None:
    residual = residuals([float(v) for v in values])
    assert ((residual >= 0) & (residual <= MOST)).all()
    assert (np.diff(residual[np.argsort(values, kind="stable")]) >= 0).all()


def test_values_that_cannot_be_used_count_as_nothing_and_set_no_scale() -> None:
    view = panel([1, 2, 3, 4, 900], status=[OK, OK, OK, OK, TOO_FEW])
    scale = fit_scale(view)
    assert scale.residuals(view)[-1, 0] == 0.0
    assert scale.centre[NAME, 365][0] == pytest.approx(0.25)


def test_a_group_that_was_not_there_at_the_fit_has_no_residuals() -> None:
    scale = fit_scale(panel([1, 2, 3, 4, 5]))
    assert scale.residuals(panel([50, 60], group="new")).tolist() == [[0.0], [0.0]]


def test_a_scale_of_chosen_series_looks_at_no_other() -> None:
    scale = fit_scale(panel([1, 2, 3]))
    assert scale.select([]) == ResidualScale(scale.names, {}, {})
    assert scale.select([]).residuals(panel([1, 2, 3])).shape == (3, 0)
    assert list(scale.select([(NAME, 365)]).centre) == [(NAME, 365)]
