"""From a fitted null to the p-values of one series: who is compared, and how the far tail is corrected."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data.arrays import Floats
from features.indicators import indicators
from features.table import OK, STATUSES, Cells
from models.nulls.series_nulls import TailCorrectedNull, correct_tails, fit_proportions, fit_rates, observe
from models.nulls.truncated import FEWEST_PEERS
from models.panel import Panel, Series
from models.peers import PeerGroups

N = 400
NO_EXPOSURE = STATUSES.index("no_exposure")


def panel(values: Floats, exposure: Floats, *, groups: tuple[str, ...] = ("everybody",) * N) -> Panel:
    n = len(values)
    cells = Cells("complaints", 365, values, exposure, values.astype(np.int64), np.full(n, OK, np.int8))
    peers = PeerGroups(groups, {g: groups.count(g) for g in groups})
    series = Series(indicators()["complaints"], cells)
    return Panel("officer", date(2026, 1, 1), "standards", np.arange(1, n + 1), peers, (series,))


@pytest.fixture(scope="module")
def counts() -> Panel:
    rng = np.random.default_rng(8)
    return panel(rng.poisson(rng.gamma(2.0, 1.0, N)).astype(float), np.full(N, 200.0))


@pytest.fixture(scope="module")
def shares() -> Panel:
    rng = np.random.default_rng(9)
    trials = rng.integers(20, 60, N)
    return panel(rng.binomial(trials, rng.beta(4, 16, N)).astype(float), trials.astype(float))


def changed(view: Panel, at: int, **fields: float) -> Panel:
    cells = view.series[0].cells
    arrays = {name: getattr(cells, name).copy() for name in fields}
    for name, value in fields.items():
        arrays[name][at] = value
    return replace(view, series=(replace(view.series[0], cells=replace(cells, **arrays)),))


@pytest.mark.parametrize(
    "fields", [{"status": NO_EXPOSURE}, {"exposure": 0.0}, {"exposure": np.nan}], ids=["status", "zero", "unknown"]
)
def test_whoever_had_no_opportunity_has_no_p_value_and_the_others_keep_theirs(
    counts: Panel, fields: dict[str, float]
) -> None:
    null = fit_rates(counts, counts.series[0])
    assert null is not None
    view = changed(counts, 3, **fields)
    before, after = null.test(counts, counts.series[0]).p_value, null.test(view, view.series[0]).p_value
    assert np.isnan(after[3])
    assert not np.isnan(before).any()
    assert np.delete(after, 3).tobytes() == np.delete(before, 3).tobytes()


def test_more_hits_than_trials_is_records_that_disagree_and_no_evidence(shares: Panel) -> None:
    null = fit_proportions(shares, shares.series[0])
    assert null is not None
    view = changed(shares, 5, value=float(shares.series[0].cells.exposure[5] + 1))
    assert np.isnan(null.test(view, view.series[0]).p_value[5])


def test_a_group_with_too_few_members_or_unknown_at_the_fit_is_not_compared() -> None:
    few = FEWEST_PEERS - 1
    groups = ("small",) * few + ("large",) * (N - few)
    rng = np.random.default_rng(2)
    view = panel(rng.poisson(2.0, N).astype(float), np.full(N, 200.0), groups=groups)
    null = fit_rates(view, view.series[0])
    assert null is not None
    p_value = null.test(view, view.series[0]).p_value
    assert np.isnan(p_value[:few]).all()
    assert not np.isnan(p_value[few:]).any()
    elsewhere = panel(np.ones(3), np.full(3, 200.0), groups=("new",) * 3)
    assert np.isnan(null.test(elsewhere, elsewhere.series[0]).p_value).all()


def test_an_explanation_gives_the_very_p_value_and_a_range_around_what_is_expected(counts: Panel) -> None:
    null = fit_rates(counts, counts.series[0])
    assert null is not None
    result = null.test(counts, counts.series[0])
    for at in (0, 17, 250):
        contribution = result.explain(at)
        assert contribution.p_value == result.p_value[at]
        assert contribution.low is not None
        assert contribution.high is not None
        assert contribution.expected is not None
        assert contribution.low <= contribution.expected <= contribution.high
        assert contribution.peers == N


def test_a_tail_correction_raises_p_values_and_never_lowers_one() -> None:
    rng = np.random.default_rng(4)
    # One in fifty is named thirty times as often, more than any gamma with the shape of the rest allows.
    own = rng.gamma(4.0, 0.5, N) * np.where(np.arange(N) % 50 == 0, 30.0, 1.0)
    view = panel(rng.poisson(own).astype(float), np.full(N, 200.0))
    null = fit_rates(view, view.series[0])
    assert null is not None
    corrected = correct_tails([null], view, view.series)[0]
    assert isinstance(corrected, TailCorrectedNull)
    before, after = null.test(view, view.series[0]), corrected.test(view, view.series[0])
    assert (after.p_value >= before.p_value).all()
    assert after.p_value.min() > before.p_value.min()
    assert (np.diff(after.p_value[np.argsort(before.p_value)]) >= 0).all()
    strongest = int(np.argmin(before.p_value))
    assert after.explain(strongest).p_value == after.p_value[strongest]


def test_p_values_that_have_no_tail_are_left_as_they_are() -> None:
    view = panel(np.ones(N), np.full(N, 200.0))
    null = fit_rates(view, view.series[0])
    assert null is not None
    assert correct_tails([null], view, view.series)[0] is null


def test_where_too_few_can_be_compared_there_is_no_null() -> None:
    few = panel(np.ones(5), np.full(5, 200.0), groups=("everybody",) * 5)
    assert fit_rates(few, few.series[0]) is None
    assert fit_proportions(few, few.series[0]) is None


def test_what_was_observed_says_nothing_of_a_comparison(counts: Panel) -> None:
    contribution = observe(counts.series[0], 2)
    assert contribution.observed == counts.series[0].cells.value[2]
    assert contribution.exposure == 200.0
    assert contribution.expected is None
    unknown = changed(counts, 2, exposure=np.nan)
    assert observe(unknown.series[0], 2).exposure is None
