from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.synthetic.figures import figures
from data.synthetic.nuisance import nuisances
from data.synthetic.priors import Prior, draw, draws, priors
from data.synthetic.world import World, load, median_world, names

SEEDS = st.integers(0, 2**63 - 1)


@given(SEEDS)
def test_every_draw_lies_within_the_bounds_of_its_prior(seed: int) -> None:
    values = draws(seed)
    for name, prior in priors().items():
        if not name.startswith("each/"):
            assert prior.low <= values[name] <= prior.high, name


def test_every_prior_says_what_it_is_and_why() -> None:
    for prior in priors().values():
        assert prior.low < prior.high
        assert prior.low <= prior.quantile(0.5) <= prior.high
        assert len(prior.unit) > 5
        assert len(prior.reason) > 5
        assert prior.grade in "ABCK"


def test_every_nuisance_has_a_prior_for_its_rate_and_the_other_way_round() -> None:
    assert {f"rate/{name}" for name in nuisances()} == {name for name in priors() if name.startswith("rate/")}


def test_the_rate_of_a_nuisance_varies_by_a_factor_of_ten_over_its_prior() -> None:
    for name, prior in priors().items():
        if name.startswith("rate/") and name != "rate/search_area":
            assert prior.high / prior.low >= 10, name


def test_a_draw_depends_on_its_own_name_alone() -> None:
    """A prior more or less moves no other draw: each has a stream named after it."""
    assert draws(5)["rate/video_off"] == draw("rate/video_off", 5)
    assert draw("each/spread", 5, "video_off") == draws(5)["spread/video_off"]
    assert draw("each/spread", 5, "video_off") != draw("each/spread", 5, "early_exit")


@pytest.mark.parametrize("name", ["figures/force", "rate/entry_missing"])
def test_half_of_the_draws_lie_below_the_median(name: str) -> None:
    below = np.mean([draw(name, seed) < priors()[name].quantile(0.5) for seed in range(400)])
    assert 0.4 < below < 0.6


def test_the_median_of_every_figure_is_the_published_one() -> None:
    median = median_world(people=100)
    drawn = [name.removeprefix("figures/") for name in priors() if name.startswith("figures/")]
    assert drawn
    for name in drawn:
        assert median.figure(name) == pytest.approx(figures()[name].value)


def test_a_drawn_world_and_its_null_twin_share_every_draw() -> None:
    drawn, null = load("drawn", seed=7), load("drawn-null", seed=7)
    assert drawn.draws == null.draws
    assert drawn.figures == null.figures
    assert null.typologies.include == ()
    assert load("drawn", seed=8).draws != drawn.draws


def test_what_a_file_sets_itself_is_not_drawn(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('title = "own"\npeople = 100\ndrawn = true\n[figures]\nforce = 7.0\n', "utf-8")
    own = load(str(path), seed=3)
    assert own.figures["force"] == 7.0
    assert own.figures["searches"] == load("drawn", seed=3).figures["searches"]


@pytest.mark.parametrize("name", sorted(set(names()) - {"drawn", "drawn-null"}))
def test_a_designed_world_is_the_median_of_all_draws_with_even_reporting(name: str) -> None:
    world, median = load(name, seed=5), draws(None)
    assert {key: value for key, value in world.draws.items() if median[key] != value} == {
        key: 1.0 for key in median if key.startswith("reporting/")
    }
    assert set(world.draws) == set(median)
    assert world.figures == {}


def test_a_world_made_without_a_file_stands_on_the_ordinary_force_too() -> None:
    assert World(name="own", title="own", people=100).draws == load("tiny").draws


@pytest.mark.parametrize(("level", "value"), [(0.0, 2.0), (0.5, 4.0), (1.0, 8.0)])
def test_a_log_uniform_is_even_on_the_logarithm(level: float, value: float) -> None:
    prior = Prior(name="x", distribution="loguniform", low=2, high=8, unit="", reason="", grade="K")
    assert prior.quantile(level) == pytest.approx(value)
