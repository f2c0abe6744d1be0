"""The complaint process of a world against real public records. What differs is said in the explanation page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.synthetic_realism import Shape, compare

pytestmark = pytest.mark.chicago


@pytest.fixture(scope="module")
def shapes() -> dict[str, Shape]:
    return compare(Path(os.environ["OPENCSE_CHICAGO"]), world="met", people=5_000)


def excess(shape: Shape) -> float:
    """Variance beyond a Poisson count's, in units of the mean: free of the level."""
    return (shape.dispersion - 1) / (2 * shape.cases_a_year)


def test_the_concentration_curve_is_close(shapes: dict[str, Shape]) -> None:
    real, synthetic = shapes["real"], shapes["synthetic"]
    for share in ("top_1", "top_5", "top_10"):
        assert getattr(synthetic, share) == pytest.approx(getattr(real, share), rel=0.25), share
    assert synthetic.zero == pytest.approx(real.zero, abs=0.12)


def test_the_dispersion_beyond_chance_is_close(shapes: dict[str, Shape]) -> None:
    assert excess(shapes["synthetic"]) == pytest.approx(excess(shapes["real"]), rel=0.35)


def test_differences_last_from_year_to_year(shapes: dict[str, Shape]) -> None:
    assert shapes["synthetic"].correlation > 0.25
    assert 0.5 < shapes["synthetic"].lasting_shape / shapes["real"].lasting_shape < 2.0


def test_cases_are_shared_but_less_than_in_the_real_records(shapes: dict[str, Shape]) -> None:
    assert 0.3 * shapes["real"].shared < shapes["synthetic"].shared < shapes["real"].shared
