"""The budget statement: its numbers against scipy and by hand, on worked worlds, and on a plan run from end to end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
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

from audit.rates.intervals import independent, proportion, ratio
from data.errors import UsageError
from opencse.cli import app
from stress.budget import budget_statement
from stress.budget.promise import cell_verdicts, divergence, mean_p_values, upper_bounds
from stress.budget.statement_text import statement_lines
from stress.cell import RESULTS
from stress.controls.control import Reading
from stress.controls.library.null_world import ANY
from stress.controls.readings import rows_of
from stress.harness import run_plan
from stress.plan import CONTROLS, TWIN, load_plan

NOTHING = np.array([False])
PLANTED = np.array([True])
PEOPLE = 500


def one(value: float) -> np.ndarray:
    return np.array([value])


# ---------------------------------------------------------------- the test, cell by cell


@pytest.mark.parametrize(("any_flag", "worlds"), [(0, 10), (1, 10), (3, 10), (10, 10), (0, 1), (1, 1), (5, 20)])
def test_where_nothing_is_planted_the_test_is_the_exact_binomial(any_flag: int, worlds: int) -> None:
    share, n = one(any_flag / worlds), one(worlds)
    error = np.sqrt(share * (1 - share) / max(worlds - 1, 1))
    independent = scipy.stats.binomtest(any_flag, worlds, 0.1, alternative="greater")
    (told,) = mean_p_values(share, error, n, one(0.1), planted=NOTHING)
    assert told == pytest.approx(independent.pvalue, rel=1e-12)
    upper = scipy.stats.binomtest(any_flag, worlds, alternative="less").proportion_ci(0.95).high
    assert upper_bounds(share, error, n, planted=NOTHING)[0] == pytest.approx(upper, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_where_something_is_planted_the_test_is_students_t_over_worlds(seed: int) -> None:
    shares = np.random.default_rng(seed).beta(1.0, 6.0, 8)
    mean, error = one(shares.mean()), one(float(scipy.stats.sem(shares)))
    independent = scipy.stats.ttest_1samp(shares, 0.1, alternative="greater")
    (told,) = mean_p_values(mean, error, one(8), one(0.1), planted=PLANTED)
    assert told == pytest.approx(independent.pvalue, rel=1e-12)
    upper = scipy.stats.ttest_1samp(shares, 0.1, alternative="less").confidence_interval(0.95).high
    assert upper_bounds(mean, error, one(8), planted=PLANTED)[0] == pytest.approx(upper, rel=1e-12)


def test_worlds_that_all_say_the_same_are_judged_by_hoeffdings_inequality() -> None:
    still = one(0.0)
    assert mean_p_values(one(1.0), still, one(4), one(0.1), planted=PLANTED)[0] == pytest.approx(0.1**4)
    # exp(-4 (0.5 log 5 + 0.5 log(5 / 9))) = 5^-2 (9 / 5)^2
    assert mean_p_values(one(0.5), still, one(4), one(0.1), planted=PLANTED)[0] == pytest.approx(1.8**2 / 25)
    assert mean_p_values(one(0.1), still, one(4), one(0.1), planted=PLANTED)[0] == 1
    assert mean_p_values(one(0.0), still, one(4), one(0.1), planted=PLANTED)[0] == 1
    # With none at all the bound is where (1 - p)^4 is 5%: Clopper and Pearson's, too.
    (upper,) = upper_bounds(one(0.0), still, one(4), planted=PLANTED)
    assert upper == pytest.approx(1 - 0.05**0.25)
    assert upper == pytest.approx(upper_bounds(one(0.0), still, one(4), planted=NOTHING)[0])
    (upper,) = upper_bounds(one(0.3), still, one(6), planted=PLANTED)
    assert np.exp(-6 * divergence(one(0.7), one(1 - upper))[0]) == pytest.approx(0.05)
    assert upper_bounds(one(1.0), still, one(6), planted=PLANTED)[0] == 1


def test_without_a_target_or_worlds_there_is_no_chance() -> None:
    told = mean_p_values(
        np.array([0.5, 0.5]),
        np.zeros(2),
        np.array([4.0, 0.0]),
        np.array([np.nan, 0.1]),
        planted=np.array([True, False]),
    )
    assert np.isnan(told).all()
    assert np.isnan(upper_bounds(one(0.5), one(0.1), one(0), planted=PLANTED)[0])


def test_the_t_test_errs_on_the_safe_side_for_shares_that_lean_to_the_right() -> None:
    rng = np.random.default_rng(8)
    # Few flags a world, each false with the promised chance: the mean share is exactly the target.
    for flags, q in ((5, 0.1), (20, 0.1), (8, 0.2)):
        shares = rng.binomial(flags, q, (4000, 10)) / flags
        error = shares.std(axis=1, ddof=1) / np.sqrt(10)
        n, target = np.full(4000, 10.0), np.full(4000, q)
        told = mean_p_values(shares.mean(axis=1), error, n, target, planted=np.ones(4000, dtype=bool))
        assert (told <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)


def test_cells_are_told_apart_into_exceeding_holding_and_too_few_after_adjusting_for_all_of_them() -> None:
    #            exceeds  over, by chance  holds   two worlds only  no promise
    achieved = np.array([0.8, 0.2, 0.0, 0.0, 0.9])
    worlds = np.array([10.0, 10.0, 10.0, 2.0, 10.0])
    target = np.array([0.1, 0.1, 0.1, 0.1, np.nan])
    p = mean_p_values(achieved, np.full(5, 0.1), worlds, target, planted=np.zeros(5, dtype=bool))
    q, said = cell_verdicts(achieved, p, worlds, target)
    assert said == ["exceeds", "too_few", "holds", "too_few", "no_promise"]
    assert q[:4] == pytest.approx(scipy.stats.false_discovery_control(p[:4]))
    # By hand: 8 of 10, with the smallest of four p-values.
    tail = sum(scipy.special.comb(10, k) * 0.1**k * 0.9 ** (10 - k) for k in (8, 9, 10))
    assert q[0] == pytest.approx(4 * tail)
    assert np.isnan(q[4])


def test_the_more_is_tested_the_more_it_takes() -> None:
    def said(others: int) -> str:
        achieved = np.array([0.5] + [0.0] * others)
        worlds, target = np.full(1 + others, 10.0), np.full(1 + others, 0.1)
        p = mean_p_values(achieved, np.full(1 + others, 0.1), worlds, target, planted=np.zeros(1 + others, dtype=bool))
        return cell_verdicts(achieved, p, worlds, target)[1][0]

    # 5 of 10 where one was promised: among 30 tests it stands out at 5%, among 31 it does not.
    chance = scipy.stats.binom.sf(4, 10, 0.1)
    assert 30 * chance < 0.05 < 31 * chance
    assert said(29) == "exceeds"
    assert said(30) == "too_few"


def test_nothing_holds_where_not_even_nothing_but_false_flags_would_have_stood_out() -> None:
    n = 100
    achieved, target = np.zeros(n), np.full(n, 0.1)
    for worlds, expected in ((3.0, "too_few"), (4.0, "holds")):  # 0.1^3 is over 0.05 / 100, and 0.1^4 under
        p = mean_p_values(achieved, np.zeros(n), np.full(n, worlds), target, planted=np.zeros(n, dtype=bool))
        assert set(cell_verdicts(achieved, p, np.full(n, worlds), target)[1]) == {expected}


# ---------------------------------------------------------------- worked worlds


@dataclass
class Worked:
    """A stress folder with counts that a test makes up."""

    folder: Path
    selection: Mapping[str, Any] = field(default_factory=lambda: {"method": "fdr", "q": 0.1, "dependence": "positive"})
    planted: Mapping[str, bool] = field(default_factory=lambda: {"calm": False, "busy": True})
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        world: str,
        seed: int,
        *,
        wrong: int,
        right: int = 0,
        family: str = "peer",
        scenario: str = TWIN,
        dose: float = 0.0,
        by: str = "all",
        group: str = "all",
        people: int = PEOPLE,
        positives: int = 0,
    ) -> None:
        where = {"world": world, "people": PEOPLE, "seed": seed, "set": "s", "scenario": scenario, "dose": dose}
        about = {"subject_kind": "officer", "concern": "standards", "basis": "flagged", "by": by, "group": group}
        for scope, name in (("all", "all"), ("family", family)):
            found = [("flags_per_1000", wrong + right, people), ("false_positive_rate", wrong, people - positives)]
            for measure, count, n in found:
                row = {"scope": scope, "name": name, "measure": measure, "count": float(count), "n": float(n)}
                same = [
                    r
                    for r in self.rows
                    if scope == "all" and r.items() >= {**where, **about, "scope": "all", "measure": measure}.items()
                ]
                if same:
                    same[0]["count"] += float(count)
                else:
                    self.rows.append({**where, **about, **row})

    def add_control(self, seed: int, *, count: float, allowed: float = 0.1, world: str = "busy") -> None:
        reading = Reading(
            what=ANY,
            subject_kind="officer",
            concern="standards",
            count=count,
            n=1.0,
            allowed=allowed,
            real=0.0,
            real_n=1.0,
        )
        where = {"world": world, "people": PEOPLE, "seed": seed, "set": "s", "scenario": CONTROLS, "dose": 0.0}
        for row in rows_of({"null_world": [reading]}).to_dict("records"):
            self.rows.append({**where, **row, "cell": f"c{seed}"})

    def write(self) -> Path:
        table = pd.DataFrame(self.rows).reindex(columns=RESULTS.names)
        pq.write_table(
            pa.Table.from_pandas(table, schema=RESULTS, preserve_index=False), self.folder / "results.parquet"
        )
        plan = {
            "title": "worked by hand",
            "worlds": {name: {"planted": planted} for name, planted in self.planted.items()},
            "sets": {"s": {"selection": {"standards": dict(self.selection)}}},
        }
        (self.folder / "plan.json").write_text(json.dumps(plan))
        return self.folder


def only(rows: list[dict[str, Any]], **wanted: object) -> dict[str, Any]:
    (found,) = [r for r in rows if all(r[k] == v for k, v in wanted.items())]
    return found


def test_rates_are_means_over_worlds_and_families_of_comparison_are_added_up(tmp_path: Path) -> None:
    worked = Worked(tmp_path)
    for seed, (wrong, right) in enumerate([(1, 3), (0, 5), (2, 2), (0, 0)]):
        worked.add("busy", seed, wrong=wrong, right=right, positives=100)
    worked.add("busy", 2, wrong=1, right=3, family="scene", positives=100)
    worked.add("busy", 3, wrong=5, right=5, family="contradiction", positives=100)
    told = budget_statement(worked.write()).content
    shares = np.array([1 / 4, 0, 3 / 8, 0])
    compared = only(told["planted_worlds"], how="comparison")
    assert compared["achieved"] == pytest.approx(shares.mean())
    assert compared["standard_error"] == pytest.approx(scipy.stats.sem(shares))
    assert compared["p_value"] == pytest.approx(scipy.stats.ttest_1samp(shares, 0.1, alternative="greater").pvalue)
    assert (compared["worlds"], compared["worlds_with_any"], compared["target"]) == (4, 2, 0.1)
    innocents = np.array([1, 0, 3, 0])
    assert compared["innocents_per_1000"] == pytest.approx(innocents.mean() / 500 * 1000)
    assert compared["innocents_per_46000"] == pytest.approx(innocents.mean() / 500 * 46000)
    assert compared["innocents_error"] == pytest.approx(scipy.stats.sem(innocents) / 500 * 1000)
    by_rule = only(told["planted_worlds"], how="contradiction")
    assert (by_rule["achieved"], by_rule["target"], by_rule["verdict"]) == (pytest.approx(0.5 / 4), None, "no_promise")
    either = only(told["planted_worlds"], how="either")
    assert either["innocents_per_1000"] == pytest.approx((1 + 0 + 3 + 5) / 4 / 500 * 1000)


@pytest.mark.parametrize("flagged", [0, 1, 12])
def test_on_null_worlds_the_rate_is_the_share_of_worlds_with_any_flag(flagged: int, tmp_path: Path) -> None:
    worked = Worked(tmp_path)
    for seed in range(12):
        worked.add("calm", seed, wrong=2 if seed < flagged else 0)
    told = budget_statement(worked.write()).content
    row = only(told["null_worlds"], how="comparison")
    assert (row["worlds"], row["worlds_with_any"]) == (12, flagged)
    assert row["achieved"] == pytest.approx(flagged / 12)
    assert row["standard_error"] == pytest.approx(np.sqrt(flagged / 12 * (1 - flagged / 12) / 11))
    assert row["p_value"] == pytest.approx(scipy.stats.binomtest(flagged, 12, 0.1, alternative="greater").pvalue)
    assert row["innocents_per_1000"] == pytest.approx(2 * flagged / 12 / 500 * 1000)
    assert row["verdict"] == {0: "holds", 1: "holds", 12: "exceeds"}[flagged]
    assert told["planted_worlds"] == []


def test_the_first_dose_at_which_the_promise_is_broken_is_found_and_where_it_held_before(tmp_path: Path) -> None:
    worked = Worked(tmp_path)
    flagged = {("storm", 1.0): 0, ("storm", 2.0): 9, ("storm", 4.0): 12, ("breeze", 1.0): 0, ("breeze", 2.0): 1}
    flagged |= {("drizzle", 1.0): 4, (TWIN, 0.0): 0}
    for (scenario, dose), many in flagged.items():
        for seed in range(12):
            worked.add("calm", seed, wrong=int(seed < many), scenario=scenario, dose=dose)
    made = budget_statement(worked.write())
    stops = made.content["stops"]
    storm = only(stops, scenario="storm")
    assert (storm["verdict"], storm["from_dose"], storm["holds_to"], storm["measured_to"]) == ("exceeds", 2.0, 1.0, 4.0)
    assert storm["achieved"] == pytest.approx(9 / 12)
    p = {k: scipy.stats.binomtest(many, 12, 0.1, alternative="greater").pvalue for k, many in flagged.items()}
    q = dict(zip(p, scipy.stats.false_discovery_control(list(p.values())), strict=True))
    assert storm["q_value"] == pytest.approx(q["storm", 2.0])
    breeze = only(stops, scenario="breeze")
    assert (breeze["verdict"], breeze["from_dose"], breeze["holds_to"]) == ("holds", None, 2.0)
    assert breeze["upper"] == pytest.approx(scipy.stats.binomtest(1, 12, alternative="less").proportion_ci(0.95).high)
    drizzle = only(stops, scenario="drizzle")  # 4 of 12, which chance explains among 7 cells: 7 x 0.0256 > 5%
    assert (drizzle["verdict"], drizzle["holds_to"], drizzle["unperturbed"]) == ("too_few", None, "holds")
    assert made.content["test"]["cells_of_everybody"] == 7
    text = "\n".join(statement_lines(made.content))
    assert "stops holding at storm 2: 75.0% ± 13.1% " in text
    assert "having held at 1" in text
    assert "too few worlds to say: drizzle (33%" in text
    assert "holds as far as measured, up to an upper bound of 34%: breeze to 2" in text


def test_groups_are_tested_apart_from_everybody_and_named_where_they_exceed(tmp_path: Path) -> None:
    worked = Worked(tmp_path)
    for seed, scenario in product(range(8), (TWIN, "storm")):
        dose = float(scenario == "storm")
        worked.add("busy", seed, wrong=int(dose), right=19, scenario=scenario, dose=dose, positives=19)
        for group, right in (("white", 19), ("black", 0)):
            at_fault = int(dose) if group == "black" else 0
            worked.add(
                "busy",
                seed,
                wrong=at_fault,
                right=right,
                scenario=scenario,
                dose=dose,
                by="ethnicity",
                group=group,
                people=250,
            )
    told = budget_statement(worked.write()).content
    assert only(told["stops"], scenario="storm")["verdict"] == "holds"  # 1 of 20 is false
    (stopped,) = told["stops_by_group"]
    assert (stopped["group"], stopped["from_dose"], stopped["achieved"]) == ("black", 1.0, 1.0)
    # Eight worlds, all of them wrong throughout, among four cells of groups.
    assert stopped["q_value"] == pytest.approx(4 * 0.1**8)
    assert told["test"]["cells_of_groups"] == 4
    assert told["groups_by_verdict"] == {"exceeds": 1, "too_few": 0, "holds": 1}


def test_ratios_of_groups_take_account_of_how_much_worlds_differ(tmp_path: Path) -> None:
    worked = Worked(tmp_path)
    wrong = {"yes": [4, 0, 1, 3], "no": [2, 3, 2, 3]}
    for seed in range(4):
        worked.add("calm", seed, wrong=wrong["yes"][seed] + wrong["no"][seed])
        for group, people in (("yes", 100), ("no", 400)):
            worked.add("calm", seed, wrong=wrong[group][seed], by="disability", group=group, people=people)
    told = budget_statement(worked.write()).content
    yes = only(told["groups"], group="yes", how="comparison")
    assert (yes["wrong"], yes["negatives"], yes["reference"]) == (8, 400, "no")
    assert yes["false_positive_rate"] == pytest.approx(0.02)
    assert yes["ratio"] == pytest.approx((8 / 400) / (10 / 1600))
    # By hand: residuals 2, -2, -1, 1; variance (10 x 4 / 3) / 400^2; 0.02 x 0.98 over it.
    size = 0.02 * 0.98 / (10 * 4 / 3 / 400**2)
    assert size == pytest.approx(235.2)
    assert independent(np.array([4.0, 0.0, 1.0, 3.0]), np.full(4, 100.0)) == pytest.approx(size)
    low, high = proportion(one(0.02 * size), one(size))
    assert (yes["low"], yes["high"]) == pytest.approx((low[0], high[0]))
    # The other group varies less than chance would have it, which is no reason for a narrower interval.
    assert independent(np.array([2.0, 3.0, 2.0, 3.0]), np.full(4, 400.0)) == 1600
    low, high = ratio(one(0.02 * size), one(size), one(10), one(1600))
    assert (yes["ratio_low"], yes["ratio_high"]) == pytest.approx((low[0], high[0]))
    no = only(told["groups"], group="no", how="comparison")
    assert (no["reference"], no["ratio"]) == (None, None)


def test_a_selection_by_capacity_promises_no_rate_and_is_told_all_the_same(tmp_path: Path) -> None:
    worked = Worked(tmp_path, selection={"method": "capacity", "per_thousand": 10.0, "dependence": "positive"})
    for seed in range(5):
        worked.add("calm", seed, wrong=5)
        worked.add("calm", seed, wrong=5, scenario="storm", dose=1.0)
    made = budget_statement(worked.write())
    assert only(made.content["targets"], concern="standards")["target"] is None
    row = only(made.content["null_worlds"], how="comparison")
    assert (row["achieved"], row["verdict"], row["innocents_per_1000"]) == (1.0, "no_promise", 10.0)
    assert made.content["stops"] == []
    text = "\n".join(statement_lines(made.content))
    assert "the strongest 10 of a thousand are selected, which promises no rate" in text
    assert "Nothing was tested" in text


def test_without_a_world_that_has_nothing_planted_the_null_worlds_of_the_controls_stand_in(tmp_path: Path) -> None:
    worked = Worked(tmp_path, planted={"busy": True})
    for seed in range(6):
        worked.add("busy", seed, wrong=0, right=4)
        worked.add_control(seed, count=float(seed == 0))
    told = budget_statement(worked.write()).content
    (row,) = told["null_worlds"]
    assert (row["scenario"], row["worlds"], row["worlds_with_any"]) == (CONTROLS, 6, 1)
    assert row["p_value"] == pytest.approx(scipy.stats.binomtest(1, 6, 0.1, alternative="greater").pvalue)
    assert row["standard_error"] == pytest.approx(scipy.stats.sem([1, 0, 0, 0, 0, 0]))
    assert not told["controls_failed"]
    assert "the null worlds of its controls stand in" in "\n".join(statement_lines(told))


def test_a_failing_control_stands_on_the_first_line(tmp_path: Path) -> None:
    worked = Worked(tmp_path)
    for seed in range(6):
        worked.add("calm", seed, wrong=0)
        worked.add_control(seed, count=0.0, world="calm")
        worked.add_control(seed, count=1.0, world="busy")
        worked.add("busy", seed, wrong=0, right=4)
    told = budget_statement(worked.write()).content
    first = statement_lines(told)[0]
    assert first.startswith("busy 500 s: CONTROLS FAILED: null world")
    assert told["controls_failed"]
    assert "calm 500 s: Controls passed" in statement_lines(told)[1]


def test_a_statement_without_controls_says_so_first(tmp_path: Path) -> None:
    worked = Worked(tmp_path)
    worked.add("calm", 1, wrong=0)
    assert statement_lines(budget_statement(worked.write()).content)[0].startswith("calm 500 s: NO CONTROL WAS RUN")


# ---------------------------------------------------------------- from end to end

TINY = """
title = "A budget of tiny worlds"
worlds = ["nothing.toml", "tiny"]
people = [60]
months = 3
seeds = 2
scenarios = ["duplicates"]
doses.duplicates = [0.5]
[sets.rate]
features.indicators = ["complaints", "unlinked_lookups"]
models.detectors = ["peer_rate"]
models.rules = ["undeclared_interest"]
[sets.rate.selection.standards]
method = "fdr"
q = 0.2
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("budget")
    (folder / "nothing.toml").write_text('title = "Nothing planted"\npeople = 60\n[typologies]\ninclude = []\n')
    path = folder / "plan.toml"
    path.write_text(TINY.replace("nothing.toml", str(folder / "nothing.toml")))
    assert run_plan(load_plan(str(path)), folder / "out").failures == ()
    return folder / "out"


def test_the_statement_of_a_plan_counts_whom_its_cells_flagged(done: Path) -> None:
    made = budget_statement(done)
    flagged = pq.read_table(done / "flagged.parquet").to_pandas()
    either = made.cells[(made.cells["how"] == "either") & (made.cells["by"] == "all")]
    assert len(either) > 4
    for row in either.to_dict("records"):
        mine = flagged
        for key in ("world", "set", "scenario", "dose", "subject_kind", "concern"):
            mine = mine[mine[key] == row[key]]
        per_world = [mine[mine["seed"] == seed] for seed in (1, 2)]
        shares = [0.0 if not len(m) else float((~m["positive"]).mean()) for m in per_world]
        assert row["achieved"] == pytest.approx(np.mean(shares))
        assert row["worlds"] == 2
    nothing = either[~either["planted"]]
    assert set(nothing["achieved"]) <= {0.0, 0.5, 1.0}
    assert {(t["concern"], t["target"]) for t in made.content["targets"]} >= {("standards", 0.2)}
    assert {r["verdict"] for r in made.content["stops"]} == {"too_few"}  # two worlds tell nothing


def test_the_command_prints_and_writes_the_statement(done: Path, tmp_path: Path) -> None:
    out = tmp_path / "statement"
    ran = CliRunner().invoke(app, ["budget", str(done), "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    text = (out / "budget.txt").read_text()
    assert text.splitlines()[0] in ran.stdout
    assert text.splitlines()[0] == json.loads((out / "budget.json").read_text())["controls_say"][0]
    assert len(pq.read_table(out / "budget.parquet")) == len(budget_statement(done).cells)
    again = CliRunner().invoke(app, ["budget", str(done), "--out", str(out)])
    assert again.exit_code != 0
    told = CliRunner().invoke(app, ["budget", str(done), "--json"])
    assert json.loads(told.stdout)["targets"] == json.loads((out / "budget.json").read_text())["targets"]


def test_a_folder_that_does_not_say_its_plan_or_kept_too_little_is_refused(done: Path, tmp_path: Path) -> None:
    results = pq.read_table(done / "results.parquet")
    pq.write_table(results, tmp_path / "results.parquet")
    with pytest.raises(UsageError, match="which plan"):
        budget_statement(tmp_path)
    (tmp_path / "plan.json").write_text((done / "plan.json").read_text())
    some = results.filter(pa.compute.not_equal(results["measure"], "false_positive_rate"))
    pq.write_table(some, tmp_path / "results.parquet")
    with pytest.raises(UsageError, match="kept too little"):
        budget_statement(tmp_path)
