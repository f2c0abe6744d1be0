"""Whichever flags a reader picks, the number of false ones among them is bounded from what the run wrote."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from audit.flag.replay import replay
from audit.flag.subset_bounds import strongest_of, subset_bounds
from data.vocabulary import BY_COMPARISON
from opencse.cli import app
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings, load, resolve
from tests import small_force


def changed(**sections: Any) -> Settings:
    """The defaults with some sections replaced."""
    return resolve(load().model_dump(mode="python") | sections, where="test")


def flags_of(folder: RunFolder) -> list[dict[str, Any]]:
    return list(folder.table("flags").to_pylist())


def test_the_bound_of_all_flags_is_the_one_the_run_wrote(finished: RunFolder) -> None:
    compared = [f for f in flags_of(finished) if f["promise"] in BY_COMPARISON]
    bounds = subset_bounds(finished, flags_of(finished))
    assert sum(b.size for b in bounds) == len(compared) > 0
    assert any(bound.false is not None for bound in bounds)
    written = {(o["as_of"], o["subject_kind"], o["concern"]): o for o in finished.manifest["selections"]}
    for bound in bounds:
        outcome = written[bound.as_of, bound.subject_kind, bound.concern]
        assert (bound.size, bound.false) == (outcome["selected"], outcome["false_at_most"])


def test_nothing_is_said_of_how_many_are_false_where_the_highest_are_taken(finished: RunFolder) -> None:
    taken = [f for f in flags_of(finished) if f["concern"] == "welfare"]
    (bound,) = subset_bounds(finished, taken)
    assert bound.false is None
    assert "Nothing bounds how many" in bound.sentence()
    assert {(f["promise"], f["q_value"]) for f in taken} == {("none", None)}
    by_rate = [f for f in flags_of(finished) if f["promise"] == "comparison"]
    assert by_rate
    assert all(0.0 <= f["q_value"] <= 0.1 for f in by_rate)


def test_fewer_flags_can_never_hold_more_false_ones(finished: RunFolder) -> None:
    bounds = [subset_bounds(finished, strongest_of(flags_of(finished), n)) for n in (1, 3, 1000)]
    false = [[(b.false, b.size) for b in one if b.false is not None] for one in bounds]
    for fewer, more in pairwise(false):
        assert all(f <= m and n <= k for (f, n), (m, k) in zip(fewer, more, strict=True))
    assert all(f <= n for one in false for f, n in one)
    assert false[0]


def test_the_strongest_are_those_with_the_smallest_p_values_and_their_equals() -> None:
    about = {"as_of": "d", "subject_kind": "officer", "concern": "standards"}
    rows: list[dict[str, Any]] = [
        {"flag_id": f"{n}", "p_value": p, "promise": "comparison"} | about for n, p in enumerate([0.3, 0.1, 0.2, 0.2])
    ]
    rows.append({"flag_id": "4", "p_value": 0.01, "promise": "contradiction"} | about)
    assert [r["flag_id"] for r in strongest_of(rows, 2)] == ["1", "2", "3"]


def test_flags_says_how_many_can_be_false(finished: RunFolder) -> None:
    shown = CliRunner().invoke(app, ["flags", str(finished.path), "--strongest", "2"], env={"COLUMNS": "200"})
    bounds = subset_bounds(finished, strongest_of(flags_of(finished), 2))
    text = " ".join(shown.stdout.split())
    assert bounds
    for bound in bounds:
        assert bound.sentence() in text
    assert "with 90% confidence" in text


def test_dates_that_share_a_rate_are_selected_more_strictly_and_replay(force: Path, tmp_path: Path) -> None:
    settings = changed(across_dates={"method": "batch"})
    dates = [date(2025, 10, 1), small_force.AS_OF]
    folder = run(force, out=tmp_path / "run", settings=settings, as_of=dates).folder
    levels = [o["level"] for o in folder.manifest["selections"] if o["method"] == "fdr" and o["concern"] == "standards"]
    assert all(level < 0.1 for level in levels)
    late = [f["flag_id"] for f in flags_of(folder) if f["as_of"] == small_force.AS_OF]
    assert late
    assert [r.faults for r in replay(folder, late[-1])] == [()]


@pytest.mark.nightly
def test_settings_for_combination_and_dependence_take_effect(force: Path, tmp_path: Path) -> None:
    capacity = {"method": "capacity", "per_thousand": 10.0, "dependence": "any"}
    settings = changed(
        combination={"method": "harmonic", "weights": {"peer": 3.0}},
        selection=dict.fromkeys(("standards", "welfare", "culture"), capacity),
    )
    folder = run(force, out=tmp_path / "run", settings=settings, as_of=[small_force.AS_OF]).folder
    outcomes = folder.manifest["selections"]
    assert {(o["combination"], o["dependence"], o["level"]) for o in outcomes} == {("harmonic", "any", None)}
    assert all(r.agrees for r in replay(folder, flags_of(folder)[-1]["flag_id"]))
    assert json.loads((folder.path / "manifest.json").read_text())["selections"] == outcomes
