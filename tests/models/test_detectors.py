"""What holds for every detector and every baseline found in the folders."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from data.errors import UsageError
from features.indicator import Indicator
from features.indicators import indicators
from models.baselines import baselines
from models.detector import Detector, Fitted
from models.detectors import detectors
from models.nulls.case_mix import case_mix_exposures
from models.panel import Panel, Series
from models.pattern import Pattern
from models.scores import Contribution, ContributionList, Contributions, Scores
from models.series_detector import FittedSeriesDetector, SeriesDetector
from tests.models.panels import LAST, N, a_panel, turned

DETECTORS = [pytest.param(d, id=n) for n, d in detectors().items()]
BASELINES = [pytest.param(b, id=n) for n, b in baselines().items()]
ALL = [*DETECTORS, *BASELINES]
AT_RANDOM = "random_order"


@cache
def scored(name: str) -> Scores:
    """Score the usual panel once for all tests that only read."""
    detector = {**detectors(), **baselines()}[name]
    return detector.score(a_panel(detector), seed=3)


@cache
def fitted_to_usual(name: str) -> Fitted:
    """Fit to the usual panel once for all tests that only score by it."""
    detector = {**detectors(), **baselines()}[name]
    return detector.fit(a_panel(detector), seed=3)


def same(one: Scores, two: Scores) -> None:
    np.testing.assert_array_equal(one.score, two.score)
    np.testing.assert_array_equal(one.p_value, two.p_value)
    assert list(one.contributions) == list(two.contributions)


@pytest.mark.parametrize("detector", ALL)
def test_the_same_seed_gives_the_same_bits_whatever_the_threads(detector: Detector) -> None:
    with threadpool_limits(limits=2):
        same(scored(detector.name), detector.score(a_panel(detector), seed=3))


@pytest.mark.parametrize("detector", ALL)
def test_the_order_of_rows_and_columns_changes_no_bit(detector: Detector) -> None:
    view, order = a_panel(detector), np.random.default_rng(1).permutation(N)
    columns = list(range(len(view.series)))[::-1]
    same(detector.score(turned(view, order, columns=columns), seed=3), scored(detector.name).take(order))


@pytest.mark.parametrize("detector", [d for d in detectors().values() if isinstance(d, SeriesDetector)])
def test_to_fit_what_has_changed_gives_the_bits_of_fitting_everything(detector: SeriesDetector) -> None:
    """For every indicator in turn: those that a detector reads, and those it only compares them with.

    A detector whose nulls are not separate is fitted anew whatever has changed: one indicator shows it.
    """
    before, fitted = a_panel(detector), fitted_to_usual(detector.name)
    assert isinstance(fitted, FittedSeriesDetector)
    names = sorted({series.indicator.name for series in before.series})
    for name in names if detector.separate else names[:1]:
        series = [_lowered(s) if s.indicator.name == name else s for s in before.series]
        after = replace(before, series=tuple(series))
        same(detector.refit(after, fitted, {name}).score(after), detector.fit(after, seed=3).score(after))


def _lowered(series: Series) -> Series:
    value = series.cells.value.copy()
    value[LAST] = 0.0
    return replace(series, cells=replace(series.cells, value=value))


@pytest.mark.parametrize("detector", ALL)
def test_a_row_scores_the_same_alone_as_in_a_batch_or_is_refused_alone(detector: Detector) -> None:
    view, fitted = a_panel(detector), fitted_to_usual(detector.name)
    whole = fitted.score(view)
    same(whole, scored(detector.name))
    for at in (0, 17, LAST):
        one = view.take(np.array([at]))
        if detector.transductive:
            with pytest.raises(UsageError, match="by who else is in the batch"):
                fitted.score(one)
            continue
        alone = fitted.score(one)
        np.testing.assert_allclose(alone.score[0], whole.score[at], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(alone.p_value[0], whole.p_value[at], rtol=1e-9)


@pytest.mark.parametrize("detector", ALL)
def test_what_is_given_is_not_changed(detector: Detector) -> None:
    given, untouched = a_panel(detector), a_panel(detector)
    detector.score(given, seed=3)
    for series, original in zip(given.series, untouched.series, strict=True):
        np.testing.assert_array_equal(series.cells.value, original.cells.value)
        np.testing.assert_array_equal(series.cells.exposure, original.cells.exposure)
        np.testing.assert_array_equal(series.cells.status, original.cells.status)


@pytest.mark.parametrize("detector", [p for p in ALL if p.id != AT_RANDOM])
def test_who_is_outstanding_scores_highest(detector: Detector) -> None:
    scores = scored(detector.name)
    assert int(np.argmax(scores.score)) == LAST
    assert scores.contributions[LAST]
    if detector.family != "baseline":
        assert scores.p_value[LAST] == np.nanmin(scores.p_value)


@pytest.mark.parametrize("detector", DETECTORS)
def test_higher_scores_never_have_higher_p_values(detector: Detector) -> None:
    scores = scored(detector.name)
    tested = ~np.isnan(scores.p_value)
    assert tested.any()
    order = np.argsort(scores.score[tested], kind="stable")
    assert (np.diff(scores.p_value[tested][order]) <= 1e-12).all()
    assert ((scores.p_value[tested] > 0) & (scores.p_value[tested] <= 1)).all()


@pytest.mark.parametrize("detector", BASELINES)
def test_a_baseline_gives_no_p_values_so_that_it_feeds_no_flag(detector: Detector) -> None:
    assert detector.family == "baseline"
    assert np.isnan(scored(detector.name).p_value).all()


@pytest.mark.parametrize("detector", [p for p in ALL if p.values[0].monotone])  # type: ignore[attr-defined]
@pytest.mark.parametrize("officer", [10, 101])
def test_having_more_of_everything_of_late_is_never_less_unusual_where_declared(
    detector: Detector, officer: int
) -> None:
    more = fitted_to_usual(detector.name).score(a_panel(detector, more=officer))
    assert more.score[officer] >= scored(detector.name).score[officer]


def shares_add_up(detector: Detector, scores: Scores) -> bool:
    """Say whether shares are told where a detector claims that they add up to the score, then do, and nowhere else."""
    by_subject = [[c.share for c in contributions] for contributions in scores.contributions]
    if not detector.additive:
        return all(share is None for shares in by_subject for share in shares)
    sums = [sum(share or 0.0 for share in shares) for shares in by_subject]
    return bool(np.allclose(sums, scores.score, rtol=1e-9, atol=1e-9))


@pytest.mark.parametrize("detector", ALL)
def test_contributions_add_up_to_the_score_where_declared_and_only_there_have_a_share(detector: Detector) -> None:
    assert shares_add_up(detector, scored(detector.name))


class SumOfCounts(Detector):
    """Scores by the sum of all counts; `off` is added to what it says of each, so that the shares no longer add up."""

    family = "pattern"
    additive = True
    question = "Is there much of everything?"
    assumption = "none: it exists to try the check of contributions"

    def __init__(self, off: float = 0.0) -> None:
        self.off = off

    def reads(self, indicator: Indicator) -> bool:
        return True

    def fit(self, panel: Panel, *, seed: int) -> SumOfCounts:
        return self

    def score(self, panel: Panel, *, seed: int = 0) -> Scores:
        values = np.column_stack([np.nan_to_num(s.cells.value) for s in panel.series])

        def shares(at: int, most: int) -> Contributions:
            each = zip(panel.series, values[at].tolist(), strict=True)
            return tuple(
                Contribution(indicator=s.indicator.name, window_days=s.cells.window, observed=v, share=v + self.off)
                for s, v in each
            )[:most]

        n = len(panel.ids)
        return Scores(
            score=values.sum(axis=1),
            p_value=np.full(n, np.nan),
            contributions=ContributionList(n, shares),
            assumption="",
        )


def test_shares_that_do_not_add_up_are_noticed() -> None:
    view = a_panel(detectors()["peer_rate"])
    assert shares_add_up(SumOfCounts(), SumOfCounts().score(view))
    assert not shares_add_up(SumOfCounts(off=0.5), SumOfCounts(off=0.5).score(view))


@pytest.mark.parametrize("detector", ALL)
def test_contributions_are_cut_from_the_weaker_end(detector: Detector) -> None:
    scores = scored(detector.name)
    assert scores.contributions.first(LAST, 1) == scores.contributions[LAST][:1]


@pytest.mark.parametrize("detector", DETECTORS)
def test_p_values_of_ordinary_subjects_are_super_uniform(detector: Detector) -> None:
    """In a force without anybody of concern, at most a share u lies at or under u, beyond three standard errors."""
    n = 1500
    scores = detector.score(a_panel(detector, n=n, outstanding=False, seed=5), seed=3)
    for u in (0.05, 0.01):
        share = np.mean(np.nan_to_num(scores.p_value, nan=1.0) <= u)
        assert share <= u + 3 * np.sqrt(u * (1 - u) / n)


@pytest.mark.parametrize("detector", DETECTORS)
def test_nothing_to_read_is_not_enough_evidence(detector: Detector) -> None:
    empty = replace(a_panel(detector), series=())
    scores = detector.score(empty, seed=3)
    assert np.isnan(scores.p_value).all()
    assert len(scores.contributions) == N
    assert not detector.can_score(empty)


@pytest.mark.parametrize("detector", ALL)
def test_every_detector_says_what_it_asks_and_assumes(detector: Detector) -> None:
    assert detector.question.endswith("?")
    assert len(detector.assumption) > 40
    assert detector.kinds
    assert detector.can_score(a_panel(detector))


def test_every_concern_has_baselines() -> None:
    for concern in ("standards", "welfare", "culture"):
        assert len([b for b in baselines().values() if concern in b.concerns]) >= 3


def patterned(path: str) -> Pattern:
    detector = Pattern(path)
    detector.name = path
    return detector


@pytest.mark.parametrize("path", ["sklearn.ensemble.IsolationForest", "pyod.models.hbos.HBOS", "pyod.models.knn.KNN"])
def test_any_estimator_can_be_named_by_its_path(path: str) -> None:
    detector = patterned(path)
    scores = detector.score(a_panel(detector), seed=3)
    assert int(np.argmax(scores.score)) == LAST


@pytest.mark.parametrize("path", ["pyod.models.ecod.ECOD", "pyod.models.copod.COPOD"])
def test_an_estimator_that_scores_by_the_batch_is_found_out_without_saying_so(path: str) -> None:
    detector = patterned(path)
    view = a_panel(detector)
    fitted = detector.fit(view, seed=3)
    assert int(np.argmax(fitted.score(view).score)) == LAST
    with pytest.raises(UsageError, match="by who else is in the batch"):
        fitted.score(view.take(np.arange(5)))


@pytest.mark.parametrize("path", ["sklearn.nosuch.Thing", "sklearn.ensemble.NoSuchThing"])
def test_an_estimator_that_cannot_be_imported_is_refused_in_words(path: str) -> None:
    detector = patterned(path)
    with pytest.raises(UsageError, match="cannot be imported"):
        detector.score(a_panel(detector), seed=3)


def reading(name: str) -> set[str]:
    return {i.name for i in indicators().values() if detectors()[name].reads(i)}


def test_each_indicator_is_read_by_the_detector_that_fits_its_kind() -> None:
    assert "complaints" in reading("peer_rate")
    assert "overtime_minutes" not in reading("peer_rate")  # minutes are no Poisson counts
    assert "shifts_worked" not in reading("peer_rate")
    assert "unlinked_lookups" in reading("proportion")
    assert not reading("peer_rate") & reading("proportion")
    assert reading("scene") == {"force_harsher_than_present"}
    assert not reading("scene") & reading("proportion")
    assert all(isinstance(i, Indicator) for i in indicators().values())


def test_an_indicator_made_for_one_detector_is_read_by_no_other_that_looks_at_series() -> None:
    """Those that look at whole rows of values at once, and baselines, read whatever serves their concern."""
    by_series = [name for name, detector in detectors().items() if isinstance(detector, SeriesDetector)]
    owned = {i.name: i.read_by for i in indicators().values() if i.read_by is not None}
    assert owned
    for name, owner in owned.items():
        assert [d for d in by_series if detectors()[d].reads(indicators()[name])] == [owner]


def test_all_exposures_of_counts_make_up_the_case_mix_and_those_of_shares_do_not() -> None:
    view = a_panel(detectors()["team"])
    assert {s.indicator.exposure for s in view.series} == {"member_days"}
    series = view.series[0]
    exposures = ("joint_attendances", "grievances")
    others = [replace(series, indicator=replace(series.indicator, exposure=name)) for name in exposures]
    share = replace(others[1], indicator=replace(others[1].indicator, aggregate="count", value=None, proportion=True))
    more = replace(view, series=(*view.series, others[0], share))
    assert case_mix_exposures(more, series.cells.window) == ("joint_attendances", "member_days")
    assert case_mix_exposures(more, 7) == ()


def test_a_sub_panel_keeps_everybody_in_the_peer_group_of_the_whole_force() -> None:
    view: Panel = a_panel(detectors()["peer_rate"])
    part = view.take(np.array([3, 5]))
    assert part.peers.sizes == view.peers.sizes
    assert part.ids.tolist() == [4, 6]


@pytest.mark.parametrize("detector", DETECTORS)
def test_what_a_detector_does_not_depend_on_changes_nothing(detector: Detector) -> None:
    view = a_panel(detector)
    every = {s.key: s for other in detectors().values() for s in a_panel(other).series}
    strangers = [s for s in every.values() if not detector.depends_on(s.indicator)]
    assert all(detector.depends_on(s.indicator) for s in view.series)
    wider = replace(view, series=tuple(sorted([*view.series, *strangers], key=lambda s: s.key)))
    same(detector.score(wider, seed=3), scored(detector.name))
