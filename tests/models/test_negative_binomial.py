"""Tails and quantiles of the negative binomial have the bits of `scipy.stats`, with its functions called or not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nbinom

from models.nulls import negative_binomial


@pytest.mark.parametrize("direct", [True, False])
def test_the_bits_are_those_of_scipy_stats(direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(negative_binomial, "_DIRECT", direct and negative_binomial._DIRECT)
    rng = np.random.default_rng(5)
    n = 20_000
    size, mean = np.exp(rng.uniform(-6, 9, n)), np.exp(rng.uniform(-10, 8, n)) * (rng.random(n) > 0.01)
    success = size / (size + mean)
    counts = np.floor(np.exp(rng.uniform(-3, 7, n))) * (rng.random(n) > 0.1) + 0.5 * (rng.random(n) > 0.9)
    np.testing.assert_array_equal(
        negative_binomial.upper_tail(counts, size, success), nbinom.sf(counts - 1, size, success)
    )
    for at in (0.001, 0.025, 0.95, 0.975):
        np.testing.assert_array_equal(negative_binomial.quantile(at, size, success), nbinom.ppf(at, size, success))


def test_what_is_not_known_gives_no_chance() -> None:
    assert np.isnan(negative_binomial.upper_tail(np.array([2.0]), np.nan, 0.5)).all()
    assert np.isnan(negative_binomial.upper_tail(np.array([np.nan]), 1.0, 0.5)).all()
