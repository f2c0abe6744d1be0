"""The table of calibrated figures over drawn forces: what is out of bounds, and what nobody can tell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.drawn_forces.tables import figure_table, median_interval


def write(folder: Path, name: str, ratios: list[float]) -> pd.DataFrame:
    """Write a figure of some forces, as multiples of what was drawn, beside another, and return the table."""
    for number, ratio in enumerate(ratios):
        lines = [
            {"figure": figure, "value": 2.0 * value, "published": 4.0, "drawn": 2.0, "tolerance": 0.1, "n": 10}
            for figure, value in ((name, ratio), ("searches", 1.0))
        ]
        (folder / f"{number}.json").write_text(json.dumps({"figures": lines}), "utf-8")
    return figure_table(folder).set_index("figure")


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        ([1.05] * 12, "inside"),
        ([1.3] * 12, "outside"),
        ([0.5, 0.7, 0.95, *[1.3] * 9], "too few to tell"),
        ([0.5, 0.7, *[1.3] * 10], "outside"),
    ],
)
def test_a_figure_is_outside_only_where_forces_enough_say_so(tmp_path: Path, ratios: list[float], verdict: str) -> None:
    assert write(tmp_path, "force", ratios).loc["force", "verdict"] == verdict


def test_a_figure_is_held_against_what_was_drawn_for_its_force(tmp_path: Path) -> None:
    line = write(tmp_path, "force", [1.0] * 8).loc["force"]
    assert (line["of_the_drawn"], line["of_the_published"]) == (1.0, 0.5)


def test_what_is_asked_of_the_layer_and_not_of_a_force_is_left_out(tmp_path: Path) -> None:
    assert list(write(tmp_path, "conduct_repeats/6_on_cases", [1.0] * 3).index) == ["searches"]


def test_the_interval_of_a_median_holds_as_often_as_it_says() -> None:
    draw = np.random.default_rng(4)
    intervals = [median_interval(pd.Series(draw.exponential(size=15))) for _ in range(2000)]
    covered = np.mean([low <= np.log(2) <= high for low, high in intervals])
    assert 0.94 < covered < 0.985
