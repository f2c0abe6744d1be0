"""Isolation forests whose trees alone are fitted give the bits of scikit-learn's and PyOD's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from data.arrays import Floats
from models.estimators import build_estimator, fit_estimator, outlyingness
from models.forests import DirectForest

ROWS = {
    "people by indicators": np.random.default_rng(1).gamma(0.5, size=(700, 6)),
    "fewer than a tree samples": np.random.default_rng(2).normal(size=(40, 3)),
    "one indicator, most of it nothing": np.random.default_rng(3).poisson(0.05, size=(900, 1)).astype(float),
    "nobody differs": np.ones((300, 2)),
    "two people": np.array([[0.0, 1.0], [1.0, 0.0]]),
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("contamination", ["auto", 0.1])
def test_the_scores_are_those_of_scikit_learn_to_the_bit(name: str, contamination: Any) -> None:
    rows, given = ROWS[name], {"n_estimators": 60, "random_state": 8, "contamination": contamination}
    usual, direct = IsolationForest(**given).fit(rows), DirectForest(**given).fit(rows)
    assert not hasattr(direct, "estimators_")
    assert direct.offset_ == usual.offset_
    beyond = np.concatenate([rows, rows * 1.7, -rows])
    assert direct.score_samples(beyond).tobytes() == usual.score_samples(beyond).tobytes()


@pytest.mark.parametrize("seed", range(5))
def test_the_trees_are_those_of_scikit_learn(seed: int) -> None:
    rows = ROWS["people by indicators"]
    usual = IsolationForest(n_estimators=20, random_state=seed).fit(rows)
    direct = DirectForest(n_estimators=20, random_state=seed).fit(rows)
    for (tree, _), estimator in zip(direct._grown, usual.estimators_, strict=True):
        for column in ("feature", "threshold", "children_left", "n_node_samples"):
            np.testing.assert_array_equal(getattr(tree, column), getattr(estimator.tree_, column))


@pytest.mark.parametrize(
    "other",
    [{"max_samples": 50}, {"max_features": 0.5}, {"bootstrap": True}, {"warm_start": True}, {"max_samples": 0.3}],
)
def test_with_unusual_parameters_scikit_learn_fits_it(other: dict[str, Any]) -> None:
    rows = ROWS["people by indicators"]
    usual = IsolationForest(n_estimators=10, random_state=3, **other).fit(rows)
    direct = DirectForest(n_estimators=10, random_state=3, **other).fit(rows)
    assert len(direct.estimators_) == 10
    assert direct.score_samples(rows).tobytes() == usual.score_samples(rows).tobytes()


def built(name: str, rows: Floats) -> Any:
    model = build_estimator(name, {"n_estimators": 50}, seed=11, detector="theirs")
    fit_estimator(model, rows, detector="theirs")
    return model


def test_estimators_named_in_settings_are_fitted_in_this_way() -> None:
    pyod, rows = pytest.importorskip("pyod.models.iforest"), ROWS["people by indicators"]
    model = built("pyod.models.iforest.IForest", rows)
    assert isinstance(model.detector_, DirectForest)
    assert pyod.IsolationForest is IsolationForest
    usual = pyod.IForest(n_estimators=50, random_state=11).fit(rows)
    assert model.decision_scores_.tobytes() == usual.decision_scores_.tobytes()
    assert outlyingness(model, rows[:30]).tobytes() == usual.decision_function(rows[:30]).tobytes()
    assert isinstance(built("sklearn.ensemble.IsolationForest", rows), DirectForest)


def test_a_forest_that_refuses_its_rows_leaves_pyod_as_it_was() -> None:
    pyod = pytest.importorskip("pyod.models.iforest")
    with pytest.raises(Exception, match="refuses"):
        built("pyod.models.iforest.IForest", np.empty((0, 3)))
    assert pyod.IsolationForest is IsolationForest
