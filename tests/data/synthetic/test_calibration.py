from __future__ import annotations

import json
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import poisson

from data.errors import InputRejected
from data.synthetic.calibration import Line, calibrate, save
from data.synthetic.figure_measures import MEASURES, NOT_IN_RECORDS
from data.synthetic.figures import figures, split
from data.synthetic.generate import generate
from data.synthetic.world import World, load


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[Line]:
    world = load("demo", people=1_500)
    made = generate(world, out=tmp_path_factory.mktemp("calibration") / "out", threads=2)
    return calibrate(made.records, world)


def allowed(line: Line) -> float:
    """The tolerance and three standard errors of the expected count; the allegations of one case stand together.

    The count that came about would make a figure that is too high by chance look surer than it is, a low one less sure.
    """
    together = figures()["allegations"].value / figures()["complaint_cases"].value
    events = line.n / together if line.figure.startswith("allegations") else line.n
    return line.tolerance + 3 / sqrt(max(events / (line.ratio or 1), 1))


def test_every_figure_has_a_line_with_its_source(lines: list[Line]) -> None:
    assert [line.figure for line in lines] == list(figures())
    for line in lines:
        assert line.source
        assert line.grade in "ABCK"
        assert line.kind in ("sourced", "assumption")
        assert (line.value is None) <= bool(line.note)


def test_generated_figures_agree_with_the_published_ones(lines: list[Line]) -> None:
    off = {
        line.figure: (line.ratio, line.n)
        for line in lines
        if line.target and line.ratio is not None and abs(line.ratio - 1) > allowed(line)
    }
    assert off == {}


@pytest.mark.nightly
def test_a_large_world_meets_every_tolerance_where_counts_allow_it(tmp_path: Path) -> None:
    world = load("met")
    made = generate(world, out=tmp_path / "met", threads=2)
    found = calibrate(made.records, world)
    assert [line.figure for line in found if line.met is False and line.n > 300] == []


def test_repeated_cases_follow_the_published_histogram_where_simpler_counts_do_not(lines: list[Line]) -> None:
    repeats = {line.figure: line for line in lines if line.figure.startswith("conduct_repeats/")}
    assert len(repeats) == 4
    assert all(line.met for line in repeats.values())
    published = split("conduct_repeats")
    # One Poisson rate for everybody, fitted to the share with one case, has practically nobody with six.
    rates = np.arange(1, 2000) / 1000
    rate = rates[np.argmin(np.abs(poisson.pmf(1, rates) / poisson.sf(0, rates) - published["1_case"]))]
    assert poisson.sf(5, rate) / poisson.sf(0, rate) < 0.01 * published["6_on_cases"]


def test_every_figure_is_measured_or_said_not_to_be(lines: list[Line]) -> None:
    named = {name.split("/")[0] for name in figures()}
    assert named == set(MEASURES) | set(NOT_IN_RECORDS) | {"conduct_repeats"}


def test_a_world_with_its_own_figure_does_not_aim_at_the_published_one(tmp_path: Path) -> None:
    world: World = load("tiny", people=80, months=2).model_copy(update={"figures": {"force": 11.0}})
    made = generate(world, out=tmp_path / "w")
    line = next(line for line in calibrate(made.records, world) if line.figure == "force")
    assert not line.target
    assert line.met is None
    assert "own value" in line.note


def test_lines_are_saved_as_json_with_the_world_they_are_about(lines: list[Line], tmp_path: Path) -> None:
    save(lines, tmp_path / "new" / "calibration.json", world=load("tiny", seed=5))
    stored = json.loads((tmp_path / "new" / "calibration.json").read_text("utf-8"))
    assert (stored["world"]["name"], stored["world"]["seed"]) == ("tiny", 5)
    assert len(stored["figures"]) == len(lines)
    assert {"figure", "value", "published", "ratio", "source", "year", "grade", "kind", "met"} <= set(
        stored["figures"][0]
    )


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="officer"):
        calibrate(tmp_path, load("tiny"))
