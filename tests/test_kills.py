"""Fifty runs and fifty plans are killed at random moments and gone on with, to the bytes of undisturbed ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.loaded_stage import KEPT
from pipeline.seal import STAGE
from tests import small_force
from tests.folders import content_of
from tests.killing import SETTINGS, finish, kill_after, run_small, run_small_plan
from tests.light_set import LIGHT_SET

pytestmark = pytest.mark.nightly

NUMBER = 50
TABLES = ("officer", "unit", "posting", "shift", "site_entry", "roster_edit")

PLAN = (
    """
title = "small"
worlds = ["tiny"]
people = [60]
months = 2
seeds = 1
scenarios = ["late_recording"]
[doses]
late_recording = [0.2, 1.0]
"""
    + LIGHT_SET
)


def moments(seed: int, seconds: float) -> list[float]:
    """Draw moments of a whole of so many seconds, one in each fiftieth, in an order of their own."""
    rng = np.random.default_rng([16, seed])
    return [float(moment) for moment in rng.permutation((np.arange(NUMBER) + rng.random(NUMBER)) / NUMBER) * seconds]


def test_fifty_killed_runs_are_gone_on_with_to_the_same_bytes(
    force_rows: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    records = small_force.write(tmp_path / "records", {name: force_rows[name] for name in TABLES})
    config = tmp_path / "settings.toml"
    config.write_text(SETTINGS)
    seconds = finish(run_small, records, tmp_path / "whole" / "run", config, False)
    whole = content_of(tmp_path / "whole" / "run")
    left: dict[str, int] = {"nothing": 0, "loaded records": 0, "all but the seal": 0, "the whole run": 0}
    for number, moment in enumerate(moments(1, seconds)):
        out = tmp_path / str(number) / "run"
        kill_after(moment, run_small, records, out, config, False)
        left[_left(out)] += 1
        if not out.exists():
            finish(run_small, records, out, config, True)
        assert content_of(out) == whole, f"killed after {moment:.2f} s"
        assert [path.name for path in out.parent.iterdir()] == ["run"]
    print(f"{seconds:.1f} s of processor for a whole run; kills left {left}")
    assert left["loaded records"] > 0


def _left(out: Path) -> str:
    if out.exists():
        return "the whole run"
    unfinished = next(iter(out.parent.glob(".run.unfinished-*")), None) if out.parent.exists() else None
    if unfinished is not None and (unfinished / STAGE).exists():
        return "all but the seal"
    return "loaded records" if unfinished is not None and (unfinished / KEPT / "stage.json").exists() else "nothing"


def test_fifty_killed_plans_are_run_again_to_the_same_bytes(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    seconds = finish(run_small_plan, plan, tmp_path / "whole")
    whole = content_of(tmp_path / "whole")
    in_time = 0
    for number, moment in enumerate(moments(2, seconds)):
        out = tmp_path / str(number)
        in_time += kill_after(moment, run_small_plan, plan, out)
        finish(run_small_plan, plan, out)
        assert content_of(out) == whole, f"killed after {moment:.2f} s"
    print(f"{seconds:.1f} s of processor for a whole plan; {in_time} of {NUMBER} kills came in time")
    assert in_time > NUMBER / 2
