"""The report over drawn forces: what was promised, to whom it was broken, and next to which method."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.drawn_forces import tables as report
from benchmarks.drawn_forces.forces import measure_flags, write_force
from benchmarks.drawn_forces.over_forces import interval_of_ratio
from benchmarks.drawn_forces.promises import BROKEN, KEPT, NONE_PROMISED, TOO_FEW, tables
from opencse.docs import kept_figures
from opencse.docs.kept_page import kept_page
from pipeline.promised import FEWEST_FORCES, is_kept, kept_sentence

Row = dict[str, Any]


def flag(concern: str, *, right: bool = False, promise: str = "comparison", kind: str = "officer") -> Row:
    family = "contradiction" if promise == "contradiction" else "unit" if kind == "unit" else "peer"
    by_rate = promise != "comparison" or concern != "welfare"
    return {"subject_kind": kind, "concern": concern, "family": family, "promise": promise, "by": family} | {
        "by_rate": by_rate,
        "right": right,
        "true_rate": float("nan"),
    }


def force(world: str, seed: int, flags: list[Row], *, right: tuple[int, int] = (3, 1)) -> Row:
    """A force of 460 people as it is measured: of ten looked at, so many are right by all detectors and by a count."""
    work = {"subject_kind": "unit", "concern": "culture", "workload": 0.01, "looked_at": 10, "sought": 12}
    groups = ("flagged", "flagged_by_rate", "flagged_standards", "flagged_welfare", "flagged_culture")
    return {
        "world": world,
        "seed": seed,
        "size": 460,
        "measured_on": "2026-11-29",
        "generator": 5,
        "people": 460,
        "levels": {"standards": 0.1, "culture": 0.1},
        "rule_level": 0.1,
        "flags": flags,
        "innocent_flagged": 2,
        "innocent_flagged_by_rate": seed % 2,
        "subjects": [
            {"typology": "burnout", "concern": "welfare", "intensity": 2.5, "promises": ["comparison"]},
            {"typology": "burnout", "concern": "welfare", "intensity": 2.5, "promises": []},
        ],
        "archetypes": [
            {"archetype": "all", "people": 400, **dict.fromkeys(groups, 2)},
            {"archetype": "long_term_condition", "people": 40, **dict.fromkeys(groups, 1)},
            {"archetype": "carer", "people": 40, **dict.fromkeys(groups, 0)},
        ],
        "workloads": [work | {"by": "combined", "right": right[0]}, work | {"by": "a count", "right": right[1]}],
    }


def row(rows: list[Row], **wanted: object) -> Row:
    (only,) = [one for one in rows if all(one[name] == value for name, value in wanted.items())]
    return only


def test_a_rate_is_kept_or_broken_by_forces_and_a_capacity_promises_none() -> None:
    wrong = [flag("standards", promise="contradiction"), flag("welfare")]
    forces = [force("drawn-null", seed, wrong if seed < 20 else []) for seed in range(100)]
    rows = tables(forces)["null_forces"]
    rules = row(rows, concern="standards", promise="contradiction")
    assert (rules["any_flag"], rules["verdict"]) == (0.2, BROKEN)  # 0.1 and three standard errors are 0.19
    assert rules["standard_error"] == pytest.approx(0.04)
    assert row(rows, concern="standards", promise="comparison", family="all")["verdict"] == KEPT
    assert row(rows, concern="welfare", promise="comparison", family="all")["verdict"] == NONE_PROMISED
    assert row(tables(forces[:18] + forces[20:])["null_forces"], concern="standards", promise="all")["verdict"] == KEPT


def test_the_false_discovery_proportion_is_a_mean_over_forces_with_its_error() -> None:
    forces = [force("drawn", seed, [flag("culture", right=seed % 4 > 0, kind="unit")]) for seed in range(40)]
    rows = tables(forces)["false_discoveries"]
    teams = row(rows, concern="culture", promise="comparison")
    assert (teams["false_discoveries"], teams["above_twice_q"]) == (0.25, 0.25)
    assert teams["verdict"] == BROKEN  # 0.1 and two standard errors are 0.24
    assert row(rows, concern="standards", promise="contradiction")["verdict"] == KEPT
    assert row(tables(forces[:1])["false_discoveries"], concern="culture", promise="all")["verdict"] == TOO_FEW


def test_innocent_people_are_counted_by_rate_and_by_anything() -> None:
    rows = tables([force("drawn", seed, []) for seed in range(10)])["innocent_people"]
    assert row(rows, world="drawn", flagged_by="anything")["median"] == 200.0
    assert row(rows, world="drawn", flagged_by="rate")["worst_tenth"] == 100.0


def test_teams_stand_next_to_the_best_baseline_with_an_interval_over_forces() -> None:
    forces = [force("drawn", seed, [], right=(2 * (1 + seed % 3), 1 + seed % 3)) for seed in range(12)]
    teams = row(tables(forces)["next_to_baselines"], subject_kind="unit", concern="culture")
    assert (teams["best_baseline"], teams["at_least_twice"]) == ("a count", "reached")
    assert (teams["times"], teams["low"], teams["high"]) == pytest.approx((2.0, 2.0, 2.0))


def test_an_interval_of_a_ratio_holds_it_and_is_unbounded_where_the_second_is_hardly_there() -> None:
    draws = np.random.default_rng(7)
    low, high = interval_of_ratio([3.0, 1.0, 2.0, 4.0], [1.0, 1.0, 1.0, 2.0], draws=draws)
    assert 1.0 < low < 2.0 < high < 3.0
    assert interval_of_ratio([1.0, 1.0], [0.0, 1.0], draws=draws)[1] == np.inf


def test_the_report_of_evaluation_forces_becomes_page_figures_and_what_a_run_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "benchmarks" / "results" / "drawn_forces.json")
    report.RESULTS.parent.mkdir(parents=True)
    for world in ("drawn", "drawn-null"):
        for seed in (1000, 1001):
            content = force(world, seed, [flag("culture", right=True, kind="unit")] if world == "drawn" else [])
            write_force(tmp_path / "flags" / f"{world}-460-{seed}.json", content)
    report.write_report(tmp_path, "evaluation")
    results = json.loads((tmp_path / kept_figures.EVALUATION).read_text("utf-8"), parse_constant=pytest.fail)
    assert (results["seeds"], results["measured_on"], results["people"]) == ([1000, 1001], ["2026-11-29"], [460])
    page = kept_page(tmp_path)
    assert "**2 evaluation forces** of 460 people (seeds 1000 to 1001, generator 5)" in page
    assert "looked at on 2026-11-29" in page
    assert "`long_term_condition`: 5.0 times (5.0 to 5.0), 2.5% of 80 people. What could tell it apart: none" in page
    assert "carer" not in page.split("flagged too often\n")[-1]
    figures = json.loads(kept_figures.kept_figures(tmp_path))
    assert (figures["forces"], figures["people"], figures["seeds"]) == (2, 460, "1000 to 1001")
    rates = json.loads(kept_figures.kept_rates(tmp_path))
    assert rates["rates"]["culture"]["kept"] is True
    assert is_kept(rates, "culture", 0.1) is None  # two forces show nothing
    assert is_kept(rates | {"forces": FEWEST_FORCES}, "culture", 0.1) is True
    assert is_kept(rates | {"forces": FEWEST_FORCES}, "culture", 0.2) is None
    assert is_kept(rates | {"forces": FEWEST_FORCES}, "welfare", 0.1) is None


@pytest.mark.parametrize(
    ("kept", "sentence"), [(True, "It was kept: on 200 drawn forces"), (False, "It was not kept, so that it is not")]
)
def test_a_run_says_whether_the_rate_was_kept_on_forces_that_nothing_was_chosen_on(kept: bool, sentence: str) -> None:
    rate = {"q": 0.1, "false_discoveries": 0.083, "standard_error": 0.021, "null_share": 0.055, "kept": kept}
    measured = {"split": "evaluation", "forces": 200, "rates": {"standards": rate}}
    said = kept_sentence(measured, "standards", 0.1)
    assert said.startswith(sentence)
    assert "0.083 (standard error 0.02), and 5.5% of forces" in said


@pytest.mark.nightly
def test_two_small_forces_are_measured_and_reported(tmp_path: Path) -> None:
    for world in ("drawn", "drawn-null"):
        measure_flags(world, 3, people=200, folder=tmp_path)
    forces = report.forces_of(tmp_path / "flags", range(1, 10))
    rows = tables(forces)
    drawn, null = forces
    assert drawn["innocent_flagged_by_rate"] <= drawn["innocent_flagged"]
    assert {one["by_rate"] for one in null["flags"] if one["concern"] == "welfare"} == {False}
    assert row(rows["null_forces"], concern="welfare", promise="all")["flags_a_force"] == len(null["flags"])
    assert {one["subject_kind"] for one in rows["next_to_baselines"]} == {"officer", "unit"}
