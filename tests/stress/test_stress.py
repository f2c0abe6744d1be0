"""Stress plans: what is run, how it survives what goes wrong, and what is made of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.stats
from typer.testing import CliRunner

from data.errors import UsageError
from data.synthetic.memory_world import make_world
from data.synthetic.world import load as load_world
from opencse.cli import app
from pipeline.priority import POOLED
from pipeline.settings import over_defaults
from stress import cell as cells
from stress.controls.control import Reading
from stress.controls.library.null_world import ANY
from stress.controls.readings import readings_of, rows_of
from stress.controls.verdict import headline
from stress.effects import COLUMNS, WHAT, effects, read_results, turnover
from stress.harness import chunks, run_plan
from stress.overview import overview
from stress.plan import CONTROLS, TWIN, StressPlan, load_plan, names
from stress.ranking import COMBINED, combined_scores
from stress.scenario_run import perform
from stress.scenarios import scenarios
from tests.command_line import ending_of

SMALL = """
title = "A small plan for tests"
worlds = ["tiny"]
people = [80]
months = 4
seeds = 2
scenarios = [{scenarios}]
[doses]
{doses}
[sets.default]
features.indicators = ["complaints", "unlinked_lookups", "assaults_suffered"]
models.detectors = ["peer_rate"]
models.rules = ["undeclared_interest"]
"""

CRASHING = """
import os
from pathlib import Path
from stress.scenario import Scenario

def crash(draft, dose):
    if Path(__file__).with_name("broken").exists():
        if dose == 1.0:
            raise ValueError("the roster is upside down")
        if dose == 2.0:
            os._exit(7)

SCENARIO = Scenario(question="What if it crashes?", modelled_on="-", expects="-", dose="how", doses=(1.0, 2.0, 3.0),
                    records=crash)
"""


def write_plan(
    folder: Path, *, doses: str = "duplicates = [0.1, 0.5]\nlate_recording = [0.2, 1.0]", own: str = ""
) -> Path:
    path = folder / "plan.toml"
    named = ['"duplicates"', '"late_recording"'] + ([f'"{own}"'] if own else [])
    path.write_text(SMALL.format(scenarios=", ".join(named), doses=doses))
    return path


def bytes_of(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in ("results.parquet", "flagged.parquet")}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plan(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def done(plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stress") / "out"
    finished = run_plan(load_plan(str(plan)), out)
    assert (finished.cells, finished.reused, finished.failures) == (12, 0, ())
    return out


# ---------------------------------------------------------------- running


def test_a_cell_after_others_of_its_world_has_the_bytes_that_it_has_alone(tmp_path: Path) -> None:
    """What a scenario left as it was is not computed again, and comes out as if it had been."""
    doses = "complaint_ring = [2.0]\nduplicates = [0.5]\nmissing_feed = [0.5]"
    path = tmp_path / "plan.toml"
    path.write_text(SMALL.format(scenarios='"complaint_ring", "duplicates", "missing_feed"', doses=doses))
    plan = load_plan(str(path)).model_copy(update={"seeds": 1})
    for place in ("alone", "together"):
        (tmp_path / place).mkdir()
        cells._last.clear()
        for cell in (c for c in plan.cells() if c.scenario != CONTROLS):
            if place == "alone":
                cells._last.clear()
            cells.run_cell(cell, tmp_path / place)
    alone, together = (
        {path.name: path.read_bytes() for path in (tmp_path / place).iterdir()} for place in ("alone", "together")
    )
    assert len(alone) == 8
    assert alone == together


def test_a_plan_killed_in_the_middle_and_run_again_gives_the_same_bytes(done: Path, plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "opencse", "stress", str(plan), "--out", str(out), "--workers", "2"]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    finished = out / "cells"
    while len(list(finished.glob("[!.]*.parquet"))) < 4:
        assert process.poll() is None, "it was finished before it could be killed"
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "results.parquet").exists()
    again = run_plan(load_plan(str(plan)), out, workers=2)
    assert 0 < again.reused < again.cells
    assert bytes_of(out) == bytes_of(done)


def test_a_plan_that_is_done_is_not_run_again(done: Path, plan: Path) -> None:
    before = bytes_of(done)
    again = run_plan(load_plan(str(plan)), done, workers=2)
    assert again.reused == again.cells
    assert bytes_of(done) == before


def test_a_cell_that_crashes_takes_no_other_with_it_and_is_tried_again(tmp_path: Path) -> None:
    own, out = tmp_path / "crashing.py", tmp_path / "out"
    own.write_text(CRASHING)
    (tmp_path / "broken").touch()
    path = write_plan(tmp_path, doses="", own=str(own))
    path.write_text(path.read_text().replace("seeds = 2", "seeds = 1").replace('"duplicates", "late_recording", ', ""))
    plan = load_plan(str(path), trust_code=True)
    broken = run_plan(plan, out, workers=2)
    assert broken.cells == 5
    assert [f.dose for f in broken.failures] == [1.0, 2.0]
    raised, died = (f.error for f in broken.failures)
    assert raised == "ValueError: the roster is upside down"
    assert "exit code 7" in died
    assert len(set(pq.read_table(out / "results.parquet")["cell"].to_pylist())) == 3
    (tmp_path / "broken").unlink()
    mended = run_plan(plan, out, workers=1)
    assert (mended.reused, mended.failures) == (3, ())
    assert len(set(pq.read_table(out / "results.parquet")["cell"].to_pylist())) == 5


def test_cells_are_handed_out_world_by_world_and_never_too_many_at_once(plan: Path) -> None:
    wanted = load_plan(str(plan)).cells()
    for workers in (1, 2, 8):
        pieces = chunks(wanted, workers=workers)
        assert [c for piece in pieces for c in piece] == wanted
        assert all(len({c.seed for c in piece}) == 1 for piece in pieces)
        assert max(map(len, pieces)) <= max(1, len(wanted) // (4 * workers))


def test_a_backend_that_is_unknown_or_does_not_go_with_the_address_is_refused(plan: Path, tmp_path: Path) -> None:
    for name, address, text in (
        ("abacus", "", "no backend 'abacus'"),
        ("ray", "", "no backend 'ray'"),
        ("dask", "", "where the cluster is"),
        ("loky", "tcp://127.0.0.1:8786", "takes no address"),
    ):
        with pytest.raises(UsageError, match=text):
            run_plan(load_plan(str(plan)), tmp_path / name, workers=2, backend=name, address=address)
        assert not (tmp_path / name).exists()


# ---------------------------------------------------------------- what a cell says


def test_rates_count_whom_the_cell_flagged_and_say_where_they_come_from(done: Path) -> None:
    results, flagged = read_results(done).to_pandas(), read_results(done, "flagged").to_pandas()
    whole = results[(results["basis"] == "flagged") & (results["scope"] == "all") & (results["by"] == "all")]
    seen = 0
    for cell, kind, concern in product(sorted(set(results["cell"])), ("officer",), ("standards", "welfare")):
        mine = flagged[(flagged["cell"] == cell) & (flagged["subject_kind"] == kind) & (flagged["concern"] == concern)]
        told = whole[(whole["cell"] == cell) & (whole["subject_kind"] == kind) & (whole["concern"] == concern)]
        counts = dict(zip(told["measure"], told["count"], strict=True))
        assert counts.get("flags_per_1000", 0) == len(mine)
        assert counts.get("false_positive_rate", 0) == len(mine[~mine["positive"]])
        assert counts.get("recall", 0) == len(mine[mine["positive"]])
        seen += len(mine)
    assert seen >= 5
    for column in ("world_digest", "settings_digest", "code_digest", "code_version"):
        assert results[column].str.len().min() > 0
    assert results.groupby("cell")[["world_digest", "seed", "scenario", "dose"]].nunique().max().max() == 1


def test_every_plan_has_controls_which_the_overview_adds_up_and_tells_first(done: Path) -> None:
    results = read_results(done, scenarios=[CONTROLS]).to_pandas()
    assert set(results["seed"]) == {1, 2}
    assert set(results["name"]) == {"leakage_canary", "null_world", "permuted_exposures", "placebo_indicator"}
    told = overview(done)
    (found,) = told.controls.values()
    canary = next(v for v in found if v.control == "leakage_canary")
    assert (canary.count, canary.n, canary.status) == (0, 10, "passed")
    worlds = next(v for v in found if v.what == ANY and v.control == "null_world")
    assert worlds.n == 2  # one null world a seed
    assert told.controls_headline == [f"tiny 80 default: {headline(found)}"]
    assert "controls" not in {row["scenario"] for row in told.headline + told.broken + told.methods}
    assert CONTROLS not in set(told.effects["scenario"])


def test_readings_come_back_from_results_as_they_went_in() -> None:
    readings = {
        "one": [
            Reading(what="a", subject_kind="officer", concern="culture", count=2, n=9, allowed=1.5, real=3, real_n=8)
        ],
        "two": [Reading(what="b", subject_kind="", concern="", count=0, n=5, allowed=None)],
    }
    assert readings_of(rows_of(readings).assign(cell="c")) == readings


def test_a_cells_id_depends_on_everything_that_determines_it(plan: Path) -> None:
    wanted = load_plan(str(plan))
    first = wanted.cells()[0]
    ids = {cells.cell_id(c) for c in wanted.cells()}
    assert len(ids) == 12
    other = wanted.model_copy(update={"sets": {"default": {"models": {"detectors": []}}}, "months": 5})
    more = wanted.model_copy(update={"results": wanted.results.model_copy(update={"workload": 30.0})})
    assert ids.isdisjoint(cells.cell_id(c) for changed in (other, more) for c in changed.cells())
    assert cells.cell_id(first) in {cells.cell_id(c) for c in wanted.model_copy(update={"seeds": 5}).cells()}


def test_a_folder_says_which_plan_it_is_of_with_every_setting_filled_in(done: Path, plan: Path) -> None:
    told = json.loads((done / "plan.json").read_text())
    assert told == json.loads(json.dumps(load_plan(str(plan)).resolved()))
    assert told["seeds"] == [1, 2]
    assert told["scenarios"] == {"duplicates": [0.1, 0.5], "late_recording": [0.2, 1.0]}
    assert told["sets"]["default"]["models"]["detectors"] == ["peer_rate"]
    assert told["sets"]["default"]["selection"]["standards"]["q"] == 0.1  # the default's


def test_all_detectors_together_rank_people_as_the_selection_does_where_no_rule_speaks() -> None:
    made = make_world(load_world("tiny", people=120, months=4, seed=3))
    chosen = {c: {"method": "capacity", "per_thousand": 50} for c in ("standards", "welfare", "culture")}
    by = {"selection": chosen, "combination": {"weights": {"peer": 3.0}}, "models": {"rules": []}}
    settings = over_defaults(by, where="a test")
    trial = perform(made, settings=settings).trial
    ranked = combined_scores(trial.comparisons).to_pandas()
    assert set(ranked["family"]) == {COMBINED}
    assert {tuple(k) for k in ranked[["subject_kind", "concern"]].drop_duplicates().to_numpy()} >= {
        ("officer", "standards"),
        ("officer", "welfare"),
        ("unit", "culture"),
    }
    keys = ["subject_kind", "concern", "subject_id"]
    assert not ranked.duplicated(keys).any()
    flags = trial.flags.to_pandas()
    flags = flags[flags["family"] != "contradiction"]
    both = flags.merge(ranked, on=keys, suffixes=("", "_ranked"))
    assert len(both) == len(flags) > 10
    # Where signs are added up they come to no chance.
    added = ranked["p_value"].isna() & ranked["score"].notna()
    assert {tuple(k) for k in ranked.loc[added, ["subject_kind", "concern"]].to_numpy()} == set(POOLED)
    both = both[[(kind, concern) not in POOLED for kind, concern in both[keys[:2]].to_numpy()]]
    assert len(both) > 3
    assert (both["p_value"] == both["p_value_ranked"]).all()
    assert (both["score"] == both["score_ranked"]).all()
    for (kind, concern), some in ranked.groupby(["subject_kind", "concern"]):
        selected = both[(both["subject_kind"] == kind) & (both["concern"] == concern)]
        others = some[~some["subject_id"].isin(selected["subject_id"])]
        if len(selected):
            assert not (others["score"] >= selected["score"].min()).any()


def test_all_detectors_together_stand_beside_the_baselines_at_an_equal_workload_only(done: Path) -> None:
    results = read_results(done, scenarios=[TWIN]).to_pandas()
    mine = results[results["name"] == COMBINED]
    assert set(zip(mine["basis"], mine["scope"], strict=True)) == {("equal_workload", "detector")}
    rest = results[(results["basis"] == "equal_workload") & (results["measure"] == "flags_per_1000")]
    rest = rest[(rest["subject_kind"] == "officer") & (rest["concern"] == "standards") & (rest["by"] == "all")]
    told = rest[rest["name"].isin([COMBINED, "peer_rate", "raw_complaint_count"])]
    assert len(told) == 6
    assert set(told["count"]) == {2}  # 20 of a thousand among 80


def test_without_any_detector_there_is_nothing_to_combine() -> None:
    settings = over_defaults({"models": {"detectors": []}}, where="a test")
    trial = perform(make_world(load_world("tiny", people=60, months=2, seed=1)), settings=settings).trial
    assert len(combined_scores(trial.comparisons)) == 0


# ---------------------------------------------------------------- plans


def test_every_plan_that_comes_along_can_be_read_and_names_every_scenario_it_means() -> None:
    assert names() == ["budget", "full", "quick", "standard", "week"]
    for name in names():
        assert load_plan(name).cells()[0].scenario == TWIN
    for name in ("standard", "full", "budget"):
        assert set(load_plan(name).scenario_names) == set(scenarios())


def test_the_plan_for_the_budget_promises_a_rate_for_every_concern_with_and_without_anything_planted() -> None:
    told = load_plan("budget").resolved()
    assert {world: about["planted"] for world, about in told["worlds"].items()} == {
        "drawn-null": False,
        "drawn": True,
    }
    (settings,) = told["sets"].values()
    assert {concern: how["method"] for concern, how in settings["selection"].items()} == dict.fromkeys(
        ("standards", "welfare", "culture"), "fdr"
    )


def test_a_scenario_with_a_method_of_its_own_has_a_twin_of_its_own() -> None:
    wanted = StressPlan(title="-", worlds=("tiny",), people=(80,), seeds=1, scenarios=("biased_labels", "duplicates"))
    doses = [(c.scenario, c.dose) for c in wanted.cells()]
    assert ("biased_labels", 0.0) in doses
    assert ("duplicates", 0.0) not in doses


def test_all_faults_of_a_plan_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text(
        'title = "-"\nworlds = ["atlantis"]\npeople = [10]\nseeds = [1, 1]\nscenarios = ["earthquake"]\n'
        'exclude = ["flood"]\n[doses]\nduplicates = [-1.0]\nplague = [1.0]\n[sets.odd.models]\ndetectors = ["oracle"]\n'
        '[results]\nmeasures = ["luck"]\nby = ["shoe_size"]\n'
    )
    with pytest.raises(UsageError) as refused:
        load_plan(str(path))
    told = str(refused.value)
    for word in ("atlantis", "at least 60", "different numbers", "earthquake", "flood", "above 0", "plague", "oracle"):
        assert word in told
    assert "luck" in told
    assert "shoe_size" in told
    path.write_text('title = "-"\nworlds = []\npeople = ["many"]\ncolour = "blue"\n')
    with pytest.raises(UsageError) as refused:
        load_plan(str(path))
    for word in ("worlds", "people.0", "seeds: this setting is missing", "colour: there is no such setting"):
        assert word in str(refused.value)
    with pytest.raises(UsageError, match="no plan 'fast'"):
        load_plan("fast")


# ---------------------------------------------------------------- effects


def results_of(values: dict[tuple[str, float, int], float]) -> pa.Table:
    fixed = dict.fromkeys(WHAT, "x") | {"world": "w", "people": 80, "set": "default"}
    rows = [fixed | {"scenario": s, "dose": d, "seed": n, "value": v} for (s, d, n), v in values.items()]
    return pa.Table.from_pandas(pd.DataFrame(rows), preserve_index=False)


def test_effects_are_paired_with_the_twin_seed_by_seed() -> None:
    rng = np.random.default_rng(4)
    twin, cell = rng.random(6), rng.random(6) + 0.2
    values = {(TWIN, 0.0, n): v for n, v in enumerate(twin.tolist())}
    values |= {("storm", 1.0, n): v for n, v in enumerate(cell.tolist())}
    told = effects(results_of(values))
    assert tuple(told.columns) == COLUMNS
    row, independent = told.iloc[0], scipy.stats.ttest_rel(cell, twin)
    interval = independent.confidence_interval()
    assert row["p_value"] == pytest.approx(independent.pvalue, rel=1e-12)
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), rel=1e-12)
    assert (row["twin"], row["value"], row["seeds"]) == pytest.approx((twin.mean(), cell.mean(), 6))
    assert row["effect"] == pytest.approx(cell.mean() - twin.mean())


def test_a_pair_that_is_undefined_on_one_side_is_left_out() -> None:
    values = {(TWIN, 0.0, 1): 0.1, (TWIN, 0.0, 2): np.nan, (TWIN, 0.0, 3): 0.3, (TWIN, 0.0, 4): 0.5}
    values |= {("storm", 1.0, 1): 0.2, ("storm", 1.0, 2): 0.9, ("storm", 1.0, 3): np.nan, ("storm", 1.0, 4): 0.5}
    row = effects(results_of(values)).iloc[0]
    assert (row["seeds"], row["status"]) == (2, "too_few")
    assert (row["twin"], row["value"]) == pytest.approx((0.3, 0.35))
    nothing = effects(results_of({(TWIN, 0.0, 1): np.nan, ("storm", 1.0, 1): 0.2})).iloc[0]
    assert (nothing["seeds"], nothing["status"]) == (0, "undefined")


def test_differences_that_are_all_the_same_give_no_interval_unless_there_are_none() -> None:
    values = {(s, d, n): n / 7 + bump for n in range(4) for s, d, bump in ((TWIN, 0.0, 0.0), ("storm", 1.0, 0.5))}
    assert len({values["storm", 1.0, n] - values[TWIN, 0.0, n] for n in range(4)}) > 1  # but for their last bits
    moved = effects(results_of(values)).iloc[0]
    assert np.isnan(moved["low"])
    assert moved["effect"] == pytest.approx(0.5)
    assert moved["p_value"] == 0.125  # four signs that agree: 2 x (1/2)^4
    still = effects(results_of(dict.fromkeys(values, 0.25))).iloc[0]
    assert (still["effect"], still["low"], still["high"], still["p_value"]) == (0, 0, 0, 1)


def test_a_scenario_with_a_cell_at_dose_0_is_compared_with_that() -> None:
    values = {(TWIN, 0.0, n): 0.9 for n in range(3)} | {("storm", 0.0, n): 0.2 for n in range(3)}
    told = effects(results_of(values | {("storm", 1.0, n): 0.5 for n in range(3)}))
    assert told["effect"].tolist() == pytest.approx([0.3])


def test_turnover_counts_who_comes_and_who_goes() -> None:
    def flag(scenario: str, dose: float, who: int, positive: bool) -> dict[str, Any]:
        place = {"world": "w", "people": 80, "set": "default", "seed": 1, "subject_kind": "officer"}
        return place | {
            "scenario": scenario,
            "dose": dose,
            "concern": "standards",
            "subject_id": who,
            "positive": positive,
        }

    before = [(1, True), (2, True), (3, False), (4, False), (5, False)]
    after = [(1, True), (6, True), (3, False), (7, False), (8, False), (9, False)]
    flagged = pd.DataFrame([flag(TWIN, 0.0, *b) for b in before] + [flag("storm", 1.0, *a) for a in after])
    place = {"world": "w", "people": 80, "set": "default", "dose": 1.0}
    everything = pd.DataFrame([place | {"seed": n, "scenario": "storm"} for n in (1, 2)])
    row = turnover(flagged, everything).iloc[0]
    # Means over two seeds, in the second of which nobody is flagged at all.
    assert (row["gained"], row["lost"], row["found"], row["missed"], row["seeds"]) == (1.5, 1.0, 0.5, 0.5, 2)


# ---------------------------------------------------------------- the command line


def test_the_overview_names_what_stands_out_and_writes_every_effect(done: Path) -> None:
    told = overview(done)
    assert {row["scenario"] for row in told.headline} == {"duplicates", "late_recording"}
    assert all(row["dose"] in (0.5, 1.0) for row in told.headline)
    written = pq.read_table(done / "effects.parquet")
    assert written.column_names == list(COLUMNS)
    assert len(written) == len(told.effects) > 100
    shown = CliRunner().invoke(app, ["stress-overview", str(done)])
    assert shown.exit_code == 0
    assert "late_recording 1" in shown.output
    as_json = CliRunner().invoke(app, ["stress-overview", str(done), "--json"])
    assert json.loads(as_json.output)["headline"][0]["seeds"] == 2


def test_an_unfinished_folder_has_no_overview(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a finished stress folder"):
        overview(tmp_path)


def test_the_command_ends_with_a_code_of_its_own_when_cells_failed(tmp_path: Path) -> None:
    own = tmp_path / "crashing.py"
    own.write_text(CRASHING)
    (tmp_path / "broken").touch()
    path = tmp_path / "plan.toml"
    path.write_text(SMALL.format(scenarios=f'"{own}"', doses="crashing = [1.0]").replace("seeds = 2", "seeds = 1"))
    code, output, errors = ending_of("stress", path, "--out", tmp_path / "out", "--trust-code")
    assert code == 6
    assert "1 of 3 cells failed" in errors
    assert "the roster is upside down" in output


def test_scenarios_are_listed() -> None:
    shown = CliRunner().invoke(app, ["scenarios", "--json"])
    assert set(json.loads(shown.output)) == set(scenarios())
    assert "What if" in CliRunner().invoke(app, ["scenarios"]).output
