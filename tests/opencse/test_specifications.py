"""The command `specifications`, as its users call it."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from data.errors import UsageError
from opencse.cli import app
from pipeline.run_folder import RunFolder

PLAN = """
title = "One other rate"

[[selection]]
name = "one in a thousand"
why = "A stricter promise."
by = { method = "fdr", q = 0.001 }
"""


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200", "NO_COLOR": "1"})


def test_a_curve_is_printed_written_and_read_by_a_program(finished: RunFolder, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN, encoding="utf-8")
    shown = call("specifications", finished.path, "--out", tmp_path / "shown", "--plan", plan)
    assert shown.exit_code == 0, shown.exception
    assert "all 2 specifications were run" in shown.stdout
    assert "survive by construction" in shown.stdout
    asked = call("specifications", finished.path, "--out", tmp_path / "asked", "--plan", plan, "--json")
    told = json.loads(asked.stdout)
    assert {f["flag_id"] for f in told["flags"]} == set(finished.table("flags")["flag_id"].to_pylist())
    assert told["precision"] == []
    names = sorted(path.name for path in (tmp_path / "shown").iterdir())
    assert names == ["curve.html", "specifications.json", "specifications.parquet", "survival.parquet"]


def test_a_folder_that_exists_is_refused_before_any_work(finished: RunFolder, tmp_path: Path) -> None:
    error = call("specifications", finished.path, "--out", tmp_path).exception
    assert isinstance(error, UsageError)
    assert error.where == str(tmp_path)
