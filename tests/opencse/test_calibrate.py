"""`opencse calibrate`, as its users call it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from data.errors import UsageError
from data.synthetic.figures import figures
from data.synthetic.generate import Generated, generate
from data.synthetic.world import load
from opencse.cli import app


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["calibrate", *(str(a) for a in arguments)], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(load("tiny", people=100, months=6, seed=3), out=tmp_path_factory.mktemp("calibrate") / "world")


def stored(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def test_every_figure_is_printed_and_stored_and_those_out_of_bounds_are_named(
    written: Generated, tmp_path: Path
) -> None:
    result = call(written.out, "--out", tmp_path / "found.json")
    assert result.exit_code == 0, result.exception
    lines = stored(tmp_path / "found.json")["figures"]
    assert [line["figure"] for line in lines] == list(figures())
    outside = [line["figure"] for line in lines if line["met"] is False]
    # So small a world cannot meet every figure.
    assert outside
    assert re.findall(r"(?m)^  outside: ([\w/]+),", result.stdout) == outside
    assert result.stdout.count("OUTSIDE") == len(outside)
    assert result.stdout.count("ASSUMPTION") == sum(line["kind"] == "assumption" for line in lines) > 0


def test_a_named_world_is_made_at_the_size_and_seed_asked_for(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('title = "sixty people over a month"\npeople = 90\nmonths = 1\n', "utf-8")
    result = call(own, "--people", 60, "--seed", 8, "--out", tmp_path / "found.json", "--json")
    assert result.exit_code == 0, result.exception
    content = stored(tmp_path / "found.json")
    assert json.loads(result.stdout) == content
    assert (content["world"]["name"], content["world"]["people"], content["world"]["seed"]) == ("own", 60, 8)
    assert not list(tmp_path.glob("*/records"))


def test_without_a_file_to_store_in_it_goes_to_the_build_folder(
    written: Generated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "build/calibration/tiny.json" in call(written.out).stdout
    assert stored(tmp_path / "build" / "calibration" / "tiny.json")["world"]["seed"] == 3


def test_a_written_world_cannot_be_given_another_size(written: Generated) -> None:
    error = call(written.out, "--people", 500).exception
    assert isinstance(error, UsageError)
    assert "already" in str(error)
