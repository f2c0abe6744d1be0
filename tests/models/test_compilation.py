"""Estimators whose functions are compiled elsewhere are interpreted where that is quicker, to the same scores."""

from __future__ import annotations

import numpy as np
import pytest

from models.compilation import interpreted

hbos = pytest.importorskip("pyod.models.hbos")


def test_an_interpreted_estimator_compiles_nothing_and_is_put_back() -> None:
    rows = np.random.default_rng(1).gamma(0.5, size=(60, 3))
    compiled = hbos._calculate_outlier_scores
    before = len(compiled.signatures)
    model = hbos.HBOS(n_bins=5)
    with interpreted(model):
        assert hbos._calculate_outlier_scores is compiled.py_func
        model.fit(rows)
    assert hbos._calculate_outlier_scores is compiled
    assert len(compiled.signatures) == before


@pytest.mark.nightly
def test_an_interpreted_estimator_gives_the_same_scores_as_a_compiled_one() -> None:
    """But for the last bits of logarithms, which compiled code and numpy round differently where there is AVX-512."""
    rows = np.random.default_rng(2).gamma(0.5, size=(400, 6))
    compiled, plain = hbos.HBOS(n_bins=20), hbos.HBOS(n_bins=20)
    compiled.fit(rows)
    beyond = rows * 1.3
    with interpreted(plain):
        plain.fit(rows)
        scores = plain.decision_function(beyond)
    np.testing.assert_allclose(plain.decision_scores_, compiled.decision_scores_, rtol=0, atol=1e-14)
    np.testing.assert_allclose(scores, compiled.decision_function(beyond), rtol=0, atol=1e-14)


def test_other_estimators_are_left_alone() -> None:
    model = object()
    with interpreted(model):
        assert type(model).__module__ == "builtins"
