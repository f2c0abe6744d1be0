"""Nulls with longer tails: people whose rates multiply are ordinary, and somebody far above them is not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from data.arrays import Floats
from features.indicators import indicators
from features.table import OK, Cells
from models.nulls.long_tails import ClassedRateNull, LongTailedNull, lengthen_tails
from models.nulls.series_nulls import SeriesNull, fit_all_proportions, fit_all_rates
from models.panel import Panel, Series
from models.peers import PeerGroups
from models.selection.fdr import select_by_fdr

PEOPLE = 1500


def panel(values: Floats, exposure: Floats) -> Panel:
    n = len(values)
    cells = Cells("complaints", 365, values, exposure, values.astype(np.int64), np.full(n, OK, np.int8))
    peers = PeerGroups(("all",) * n, {"all": n})
    series = Series(indicators()["complaints"], cells)
    return Panel("officer", date(2026, 1, 1), "standards", np.arange(1, n + 1), peers, (series,))


def counts(rng: np.random.Generator, *, kind: str, rate: float = 0.03, spread: float = 1.2) -> Panel:
    """What people leave whose rates or odds differ by a log-normal factor: a longer tail than a gamma or beta."""
    factor = np.exp(spread * rng.normal(size=PEOPLE) - spread**2 / 2)
    if kind == "rates":
        return panel(rng.poisson(rate * 40 * factor).astype(float), np.full(PEOPLE, 40.0))
    odds = rate / (1 - rate) * factor
    return panel(rng.binomial(40, odds / (1 + odds)).astype(float), np.full(PEOPLE, 40.0))


def fitted(view: Panel, kind: str) -> SeriesNull:
    fit = fit_all_rates if kind == "rates" else fit_all_proportions
    (null,) = lengthen_tails(fit(view, view.series), view, view.series)
    assert isinstance(null, ClassedRateNull | LongTailedNull)
    return null


@pytest.mark.parametrize("kind", ["rates", "shares"])
def test_ordinary_people_whose_rates_multiply_are_hardly_ever_selected(kind: str) -> None:
    any_flag = []
    for seed in range(8):
        view = counts(np.random.default_rng(seed), kind=kind)
        p_value = fitted(view, kind).test(view, view.series[0]).p_value
        any_flag.append(select_by_fdr(p_value, q=0.1).chosen.any())
    assert sum(any_flag) <= 3


@pytest.mark.parametrize("kind", ["rates", "shares"])
def test_twice_the_ordinary_rate_selects_no_more_people(kind: str) -> None:
    """What is ordinary follows the force: where everybody leaves twice as many rows nobody stands out for it."""
    chosen = {}
    for rate in (0.03, 0.06):
        views = [counts(np.random.default_rng(seed), kind=kind, rate=rate) for seed in range(6)]
        tests = [fitted(view, kind).test(view, view.series[0]).p_value for view in views]
        chosen[rate] = sum(int(select_by_fdr(p, q=0.1).chosen.sum()) for p in tests)
    assert chosen[0.06] <= chosen[0.03] + 3


def test_somebody_far_above_what_is_ordinary_is_selected_and_the_explanation_gives_the_very_chance() -> None:
    view = counts(np.random.default_rng(1), kind="rates", spread=0.4)
    view.series[0].cells.value[7] = 40.0
    tested = fitted(view, "rates").test(view, view.series[0])
    assert select_by_fdr(tested.p_value, q=0.1).chosen[7]
    said = tested.explain(7)
    assert said.p_value == tested.p_value[7]
    assert said.low is not None
    assert said.expected is not None
    assert said.high is not None
    assert said.low <= said.expected <= said.high < 40


def test_large_counts_are_taken_as_well_as_small_ones() -> None:
    """A rate of thousands goes past what is summed step by step."""
    rng = np.random.default_rng(3)
    view = panel(rng.poisson(3000 * np.exp(0.3 * rng.normal(size=400))).astype(float), np.full(400, 40.0))
    p_value = fitted(view, "rates").test(view, view.series[0]).p_value
    assert 0.3 < np.median(p_value) < 0.7
    assert p_value.min() > 1e-4


def test_where_nobody_has_any_the_null_stays_as_it_was() -> None:
    view = panel(np.zeros(100), np.full(100, 40.0))
    nulls = fit_all_rates(view, view.series)
    assert lengthen_tails(nulls, view, view.series) == nulls
    assert lengthen_tails([None], view, view.series) == [None]


def test_one_person_is_tested_alone_as_in_the_force() -> None:
    view = counts(np.random.default_rng(5), kind="shares")
    null = fitted(view, "shares")
    together = null.test(view, view.series[0]).p_value
    alone = view.take(np.array([11]))
    assert null.test(alone, alone.series[0]).p_value[0] == together[11]
