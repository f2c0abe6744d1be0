"""What holds for every detector in the folder."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from data.errors import UsageError
from features.base import Indicator, NoExposure
from features.catalogue import indicators
from features.table import OK, Cells, FeatureTable
from models.base import Detector, Panel, panel
from models.catalogue import detectors
from models.pattern import Pattern
from models.peers import peer_groups

N = 240
SERVING = [i for i in indicators().values() if "standards" in i.concerns and i.subject == "officer"]
DETECTORS = [pytest.param(d, id=name) for name, d in detectors().items()]


def a_panel(order: np.ndarray | None = None, *, series: list[int] | None = None, boost: int | None = None) -> Panel:
    """240 officers in two roles; the last one has ten times the values of others; `boost` doubles one officer's."""
    rng = np.random.default_rng(12)
    cells = {}
    for indicator in SERVING:
        for window in indicator.windows:
            exposure = rng.integers(50, 100, N).astype(float)
            value = rng.poisson(exposure * rng.gamma(3, 1 / 3, N) * 0.05).astype(float)
            value[-1] = 10 * value.max()
            if boost is not None:
                value[boost] = 2 * value[boost] + 5
            given = np.full(N, np.nan) if isinstance(indicator.exposure, NoExposure) else exposure
            rows = value.astype(np.int64)
            cells[indicator.name, window] = Cells(indicator.name, window, value, given, rows, np.full(N, OK, np.int8))
    order = np.arange(N) if order is None else order
    subjects = pa.table(
        {
            "subject_id": np.arange(1, N + 1)[order],
            "role": np.array(["response", "custody"])[np.arange(N) % 2][order].tolist(),
            "rank": ["constable"] * N,
            "area_id": pa.array([1] * N, pa.int64()),
        }
    )
    chosen = {
        k: Cells(c.indicator, c.window, c.value[order], c.exposure[order], c.n_rows[order], c.status[order])
        for k, c in cells.items()
    }
    table = FeatureTable("officer", date(2026, 1, 1), subjects, chosen)
    view = panel(table, peer_groups(subjects, smallest=40), SERVING, "standards")
    picked = view.series if series is None else tuple(view.series[n] for n in series)
    return Panel(view.kind, view.as_of, view.concern, view.ids, view.peers, picked)


@pytest.mark.parametrize("detector", DETECTORS)
def test_the_same_seed_gives_the_same_bits(detector: Detector) -> None:
    one, two = detector.score(a_panel(), seed=3), detector.score(a_panel(), seed=3)
    np.testing.assert_array_equal(one.score, two.score)
    np.testing.assert_array_equal(one.p_value, two.p_value)
    assert one.contributions == two.contributions


@pytest.mark.parametrize("detector", DETECTORS)
def test_what_is_given_is_not_changed(detector: Detector) -> None:
    given, untouched = a_panel(), a_panel()
    detector.score(given, seed=3)
    for series, original in zip(given.series, untouched.series, strict=True):
        np.testing.assert_array_equal(series.cells.value, original.cells.value)
        np.testing.assert_array_equal(series.cells.exposure, original.cells.exposure)


@pytest.mark.parametrize("detector", DETECTORS)
def test_the_outstanding_officer_scores_highest(detector: Detector) -> None:
    found = detector.score(a_panel(), seed=3)
    assert int(np.argmax(found.score)) == N - 1
    assert found.p_value[-1] == np.nanmin(found.p_value)
    assert found.contributions[-1]


@pytest.mark.parametrize("detector", DETECTORS)
def test_higher_scores_never_have_higher_p_values(detector: Detector) -> None:
    found = detector.score(a_panel(), seed=3)
    said = ~np.isnan(found.p_value)
    order = np.argsort(found.score[said], kind="stable")
    assert (np.diff(found.p_value[said][order]) <= 1e-12).all()
    assert ((found.p_value[said] > 0) & (found.p_value[said] <= 1)).all()


@pytest.mark.parametrize("detector", DETECTORS)
def test_having_more_of_everything_is_never_less_unusual(detector: Detector) -> None:
    plain, boosted = detector.score(a_panel(), seed=3), detector.score(a_panel(boost=10), seed=3)
    assert boosted.score[10] >= plain.score[10]


@pytest.mark.parametrize("detector", DETECTORS)
def test_nothing_to_read_is_not_enough_evidence(detector: Detector) -> None:
    found = detector.score(a_panel(series=[]), seed=3)
    assert np.isnan(found.p_value).all()
    assert len(found.contributions) == N


@pytest.mark.parametrize("detector", DETECTORS)
def test_every_detector_says_what_it_asks_and_assumes(detector: Detector) -> None:
    assert detector.question.endswith("?")
    assert len(detector.assumption) > 40
    assert detector.kinds


def test_peer_rate_does_not_depend_on_the_order_of_subjects() -> None:
    detector = detectors()["peer_rate"]
    order = np.random.default_rng(1).permutation(N)
    straight, turned = detector.score(a_panel(), seed=3), detector.score(a_panel(order), seed=3)
    np.testing.assert_allclose(turned.p_value, straight.p_value[order], rtol=0.02)


def test_ranks_of_ordinary_subjects_are_p_values() -> None:
    """Over many forces with nobody unusual, a given officer's rank is at most u no more often than u."""
    detector = Pattern("sklearn.ensemble.IsolationForest", {"n_estimators": 20})
    below = 0
    for seed in range(60):
        order = np.random.default_rng(seed).permutation(N)
        found = detector.score(a_panel(order), seed=seed)
        below += int(np.sum(found.p_value <= 0.1))
    assert below <= 60 * N * 0.1


def test_any_estimator_can_be_named_by_its_path() -> None:
    for path in ("sklearn.ensemble.IsolationForest", "pyod.models.hbos.HBOS", "pyod.models.pca.PCA"):
        found = Pattern(path).score(a_panel(), seed=3)
        assert int(np.argmax(found.score)) == N - 1


@pytest.mark.parametrize("path", ["nosuch.module.Thing", "sklearn.ensemble.NoSuchThing", "plainword"])
def test_an_estimator_that_cannot_be_imported_is_refused_in_words(path: str) -> None:
    with pytest.raises(UsageError, match="cannot be imported"):
        Pattern(path).score(a_panel(), seed=3)


def test_peer_rate_reads_counts_with_an_exposure_only() -> None:
    detector = detectors()["peer_rate"]
    read = {i.name for i in indicators().values() if detector.reads(i)}
    assert "complaints" in read
    assert "overtime_minutes" not in read  # minutes are no Poisson counts
    assert "shifts_worked" not in read
    assert all(isinstance(i, Indicator) for i in indicators().values())
