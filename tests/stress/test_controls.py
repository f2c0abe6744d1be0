"""Negative controls: each holds where it should, fails where something is wrong, and says so first."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import scipy.stats
from typer.testing import CliRunner

import features.compile.plain_query
from data.arrays import Floats
from data.calendar import day_number
from data.synthetic.world import load as load_world
from models.detector import Detector, Family, Fitted
from models.nulls.series_nulls import fit_rates
from models.panel import Panel
from models.scores import ContributionList, Scores
from opencse.cli import app
from opencse.docs.controls_page import PAGE, controls_page
from pipeline.loading import read_parquet_folder
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings, over_defaults
from stress.controls.altered_values import compare_altered, whole_panel
from stress.controls.control import ControlInput, PlantedSubjects, Reading, control_input
from stress.controls.control_runs import nothing_planted, run_controls, world_input
from stress.controls.library import controls, leakage_canary, null_world, permuted_exposures, placebo_indicator
from stress.controls.library.permuted_exposures import AGAIN, PLANTED
from stress.controls.verdict import FALSE_ALARM, NONE_RUN, ControlVerdict, headline, judge, pool, statuses, tail
from stress.draft import NULL, Draft
from tests import small_force

ROOT = Path(__file__).parent.parent.parent
FEW = {
    "features": {"indicators": ["complaints", "unlinked_lookups", "roster_self_edits"]},
    "models": {"detectors": ["peer_rate"], "rules": ["undeclared_interest"]},
}


@pytest.fixture(scope="module")
def few() -> Settings:
    return over_defaults(FEW, where="test")


@pytest.fixture(scope="module")
def on(force: Path, few: Settings) -> ControlInput:
    return control_input(read_parquet_folder(force), settings=few, as_of=small_force.AS_OF, draws=3)


def reading(count: float, n: float, allowed: float | None, *, what: str = "flags", **more: float) -> Reading:
    return Reading(what=what, subject_kind="officer", concern="standards", count=count, n=n, allowed=allowed, **more)


def only(verdicts: list[ControlVerdict]) -> ControlVerdict:
    (one,) = verdicts
    return one


class Sabotaged(Detector):
    """Scores by a rule of the test's own, so that a control has something to catch."""

    family: ClassVar[Family] = "peer"
    question = "?"
    assumption = "none"
    name = "sabotaged"

    def fit(self, panel: Panel, *, seed: int) -> Fitted:
        del panel, seed
        return self

    def p_values(self, panel: Panel) -> Floats:
        raise NotImplementedError

    def score(self, panel: Panel, *, seed: int = 0) -> Scores:
        p = self.p_values(panel)
        return Scores(score=-np.log10(p), p_value=p, contributions=ContributionList(len(p)), assumption="none")


class ById(Sabotaged):
    """Knows some subjects by their ids, whatever their records say."""

    def p_values(self, panel: Panel) -> Floats:
        return np.where(panel.ids % 20 == 0, 1e-9, 0.9)


class TooSure(Sabotaged):
    """Takes the rank among all for a p-value, and makes it far too small."""

    def p_values(self, panel: Panel) -> Floats:
        value = panel.series[0].cells.value + 1e-9 * panel.ids
        rank = np.argsort(np.argsort(-np.nan_to_num(value, nan=-1.0)))
        return ((rank + 1) / len(value)) ** 4


def sabotage(monkeypatch: pytest.MonkeyPatch, detector: Detector) -> None:
    monkeypatch.setattr(Settings, "detectors", property(lambda _: [detector]))


# ---------------------------------------------------------------- verdicts


def test_the_chance_is_the_binomial_tail() -> None:
    for count, n, p in ((3, 5, 0.1), (0, 7, 0.2), (12, 300, 0.01), (5, 5, 0.5)):
        expected = scipy.stats.binomtest(count, n, p, alternative="greater").pvalue
        assert tail(count, n, p) == pytest.approx(expected, rel=1e-9)


def test_counts_drawn_without_replacement_or_with_unlike_chances_are_never_judged_too_harshly() -> None:
    pieces = [(40, 6, 5), (55, 10, 9), (33, 2, 12), (80, 1, 3)]  # members, sought, flagged
    exact = np.array([1.0])
    for size, sought, flagged in pieces:
        exact = np.convolve(exact, scipy.stats.hypergeom(size, sought, flagged).pmf(np.arange(flagged + 1)))
    n, expected = sum(f for *_, f in pieces), sum(k * f / m for m, k, f in pieces)
    for count in range(int(np.ceil(expected)) + 1, n + 1):
        assert exact[count:].sum() <= tail(count, n, expected / n) * (1 + 1e-9)


def test_a_verdict_carries_the_share_the_standard_error_and_what_it_is_held_against() -> None:
    found = only(judge({"one": [reading(3, 5, 0.5), reading(1, 5, 0.5)]}))
    assert (found.share, found.allowed) == (0.4, 0.1)
    assert found.standard_error == pytest.approx((0.1 * 0.9 / 10) ** 0.5)
    assert found.chance == pytest.approx(scipy.stats.binom.sf(3, 10, 0.1))
    assert found.level == FALSE_ALARM
    assert found.status == "failed"


def test_what_could_not_have_failed_has_not_passed() -> None:
    assert only(judge({"one": [reading(0, 1, 0.1)]})).status == "too_few"
    assert only(judge({"one": [reading(0, 0, 0.0)]})).status == "not_judged"
    assert only(judge({"one": [reading(5, 5, None)]})).status == "not_judged"
    assert only(judge({"one": [reading(1, 5, 0.0)]})).status == "failed"


def test_the_false_alarm_is_shared_among_controls_and_what_they_judge() -> None:
    told = {"a": [reading(0, 50, 5.0, what="x"), reading(0, 50, 5.0, what="y")], "b": [reading(0, 50, 5.0)]}
    levels = {(v.control, v.what): v.level for v in judge(told)}
    assert levels == {("a", "x"): FALSE_ALARM / 4, ("a", "y"): FALSE_ALARM / 4, ("b", "flags"): FALSE_ALARM / 2}


def test_an_audit_in_which_all_holds_seldom_has_a_failing_control() -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(1000):
        told = {
            name: [reading(float(rng.binomial(20, 0.1)), 20.0, 2.0, what=str(n)) for n in range(4)]
            for name in ("a", "b", "c")
        }
        alarms += any(v.status == "failed" for v in judge(told))
    assert alarms / 1000 <= FALSE_ALARM + 3 * (FALSE_ALARM * (1 - FALSE_ALARM) / 1000) ** 0.5


def test_readings_of_several_draws_are_added_and_the_real_count_is_their_mean() -> None:
    (one,) = pool([reading(1, 4, 0.5, real=6.0, real_n=10.0), reading(2, 6, 0.7, real=8.0, real_n=10.0)])
    assert (one.count, one.n, one.allowed, one.real, one.real_n) == (3, 10, 1.2, 7.0, 10.0)


def test_the_first_line_names_failures_first_and_never_hides_what_was_not_run() -> None:
    good, bad, unclear = [reading(0, 50, 5.0)], [reading(40, 50, 5.0)], [reading(1, 1, 0.5)]
    first = headline(judge({"fine": good, "null_world": bad}, absent={"canary": "no records"}))
    assert first.startswith("CONTROLS FAILED: null world, such as flags (standards officers): 40 of 50")
    assert "Not run, canary: no records." in first
    first = headline(judge({"fine": good, "vague": unclear}))
    assert first == "Controls passed: fine. Vague: too few to judge."
    assert headline(judge({"vague": unclear})).startswith("NO CONTROL COULD BE JUDGED")
    assert headline([]) == NONE_RUN
    assert headline(judge({}, absent={"canary": "no records"})).startswith("NO CONTROL WAS RUN")


# ---------------------------------------------------------------- each control


def test_every_control_says_what_must_hold_and_what_it_cannot_see() -> None:
    assert set(controls()) == {"leakage_canary", "null_world", "permuted_exposures", "placebo_indicator"}
    for name, found in controls().items():
        assert found.name == name
        assert found.question.endswith("?")
        assert min(len(found.requirement), len(found.detects), len(found.blind_to)) > 20


def test_the_page_of_controls_is_written_from_them() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == controls_page(), "run `make docs`"


def test_controls_hold_on_records_without_leaks_and_null_worlds_are_missed_by_name(on: ControlInput) -> None:
    capacity = FEW | {"selection": {"standards": {"method": "capacity", "per_thousand": 60}}}
    flagging = over_defaults(capacity, where="test")  # so that somebody is flagged, whatever the indicators say
    found = run_controls(control_input(on.records, settings=flagging, as_of=on.as_of, draws=3))
    status = statuses(found)
    assert status.pop("null_world") == "not_run"
    assert set(status.values()) == {"passed"}
    assert "Not run, null world: there is no world in which nothing is planted." in headline(found)


def test_the_same_seeds_give_the_same_readings_and_others_do_not(on: ControlInput) -> None:
    again = replace(on)
    read = placebo_indicator.CONTROL.read
    assert read(on) == read(again)
    assert read(on) != read(replace(on, seed=7))


def test_a_canary_dies_when_rows_of_the_future_are_read(on: ControlInput, monkeypatch: pytest.MonkeyPatch) -> None:
    def everything(table: object, as_of: object, *, relation: str, extra: tuple[str, ...] = ()) -> str:
        return f"SELECT * EXCLUDE (source_file, source_row){''.join(f', {e}' for e in extra)} FROM {relation}"

    assert only(judge({"c": leakage_canary.read(on)})).status == "passed"
    monkeypatch.setattr(features.compile.plain_query, "asof_query", everything)
    assert only(judge({"c": leakage_canary.read(on)})).status == "failed"


def test_canaries_are_rows_about_those_who_are_spelt_out_known_from_the_as_of_date_on(on: ControlInput) -> None:
    spelt_out = np.arange(1, 40, dtype=np.int64)
    on = replace(on, planted=PlantedSubjects({("officer", "standards"): spelt_out}))
    draft = Draft(on.records, {}, starts_on=on.as_of, ends_on=on.as_of, rng=on.generator("test"))
    before = {name: len(rows) for name, rows in on.records.items()}
    leakage_canary.plant(draft, on)
    grown = {name for name, rows in draft.records.items() if len(rows) > before[name]}
    assert {"shift", "complaint", "system_access", "external_register", "posting"} <= grown
    known = draft.column("complaint", "known_on")[before["complaint"] :]
    assert known.min() == day_number(on.as_of)
    assert set(draft.column("complaint", "officer_id")[before["complaint"] :]) <= set(spelt_out)
    assert (draft.column("complaint", "finalised_on") != NULL).all()


def test_dealing_out_keeps_every_indicator_of_a_peer_group_as_it_is_and_windows_together(on: ControlInput) -> None:
    table = on.tables["officer"]
    groups = np.arange(len(table.ids)) % 3
    dealt = permuted_exposures.permute_exposures(table, groups, np.random.default_rng(1))
    moved = 0
    for key, cells in table.cells.items():
        other = dealt.cells[key]
        moved += int((other.exposure != cells.exposure).sum())
        for group in range(3):
            at = groups == group
            pairs = [sorted(zip(c.value[at], c.exposure[at], strict=True)) for c in (cells, other)]
            np.testing.assert_array_equal(*(np.nan_to_num(np.array(p)) for p in pairs))
    assert moved > 0
    short, long = (dealt.cells["complaints", w].value for w in (90, 365))
    assert (short <= long).all()


def test_a_detector_that_knows_people_by_their_ids_is_caught(on: ControlInput, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch, ById())
    again = [v for v in judge({"c": permuted_exposures.read(on)}) if v.what == AGAIN and v.subject_kind == "officer"]
    assert {v.status for v in again} == {"failed"}


def test_flags_on_planted_people_are_counted_against_what_chance_gives_each_peer_group(on: ControlInput) -> None:
    planted = PlantedSubjects({("officer", "standards"): np.arange(1, 33, dtype=np.int64)})
    comparisons = compare_altered(on.tables["officer"], on.settings)
    before = next(c for c in comparisons if c.panel.concern == "standards")
    rng = np.random.default_rng(2)
    counts, allowed = [], []
    for _ in range(400):
        chosen = np.zeros(len(before.panel.ids), dtype=bool)
        chosen[rng.choice(len(chosen), 20, replace=False)] = True
        after = replace(before, selection=replace(before.selection, chosen=chosen))
        found = permuted_exposures._overlaps([after], [before], replace(on, planted=planted))
        told = next(r for r in found if r.what == PLANTED)
        counts.append(told.count)
        allowed.append(told.allowed)
    assert abs(np.mean(counts) - np.mean(allowed)) < 3 * np.std(counts) / 20


def test_placebos_have_the_mean_of_the_fitted_null_and_leave_the_rest_as_it_is(on: ControlInput) -> None:
    table = on.tables["officer"]
    view = whole_panel(table, on.settings)
    series = next(s for s in view.series if s.key == ("complaints", 365))
    fitted = fit_rates(view, series)
    rng = np.random.default_rng(3)
    drawn = [placebo_indicator.placebo_table(table, on.settings, rng).cells[series.key] for _ in range(60)]
    assert not series.indicator.proportion
    assert fitted is not None
    usable = series.ok & (series.cells.exposure > 0)
    expected = fitted.fitted.expected(series.cells.exposure[usable], view.group_of[usable]).mean()
    means = np.array([d.value[usable].mean() for d in drawn])
    assert abs(means.mean() - expected) < 3 * means.std(ddof=1) / len(means) ** 0.5
    assert all(np.array_equal(d.exposure, series.cells.exposure, equal_nan=True) for d in drawn)


def test_p_values_that_are_too_small_fail_on_placebos_and_on_null_worlds(
    on: ControlInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage(monkeypatch, TooSure())
    world = load_world("tiny", people=80, months=2)
    nulls = tuple(nothing_planted(world, seed=n) for n in range(4))
    found = run_controls(replace(on, null_worlds=nulls), names=["null_world", "placebo_indicator"])
    assert statuses(found) == {"null_world": "failed", "placebo_indicator": "failed"}
    assert headline(found).startswith("CONTROLS FAILED: null world, placebo indicator")


def test_a_null_world_is_the_world_without_its_typologies(few: Settings) -> None:
    world = load_world("tiny", people=60, months=2)
    on = world_input(world, settings=few, seeds=2)
    assert [w.typologies.include for w in on.null_worlds] == [(), ()]
    assert {w.seed for w in on.null_worlds} == {world.seed, world.seed + 1}
    assert on.null_worlds[0].archetypes == world.archetypes
    assert on.planted is not None
    told = null_world.read(on)
    assert {r.n for r in told if r.what == null_world.ANY} == {1.0}


# ---------------------------------------------------------------- the command


def test_the_command_says_first_what_the_controls_say(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text('features.indicators = ["complaints"]\nmodels.detectors = ["peer_rate"]\nmodels.rules = []\n')
    arguments = ["controls", "--world", "tiny", "--people", "80", "--months", "2", "--seeds", "1"]
    told = CliRunner().invoke(app, [*arguments, "--config", str(config)], env={"COLUMNS": "200"})
    assert told.exit_code == 0, told.exception
    assert told.stdout.startswith("Controls passed: leakage canary")
    assert "Null world: too few to judge" in told.stdout.splitlines()[0]
    plain = CliRunner().invoke(app, [*arguments, "--config", str(config), "--json"])
    content = json.loads(plain.stdout)
    assert content["statuses"]["leakage_canary"] == "passed"
    assert {v["control"] for v in content["verdicts"]} == set(controls())


def test_rates_say_first_that_no_control_was_run_or_what_those_said_that_were(force: Path, finished: RunFolder) -> None:
    def call(*more: str) -> str:
        told = CliRunner().invoke(app, ["rates", str(finished.path), "--records", str(force), *more])
        assert told.exit_code == 0, told.exception
        return told.stdout

    assert call().startswith(NONE_RUN)
    facts = json.loads(call("--controls", "1", "--json"))["facts"]["controls"]
    assert facts["headline"].startswith(("Controls passed", "CONTROLS FAILED"))
    assert {v["control"] for v in facts["verdicts"]} == set(controls())
    alone = CliRunner().invoke(app, ["rates", str(finished.path), "--controls", "1"])
    assert "on its records" in str(alone.exception)


def test_controls_of_records_stand_beside_the_shipped_null_world(force: Path, tmp_path: Path) -> None:
    from stress.controls.control_runs import records_input

    on = records_input(force, settings=over_defaults(FEW, where="test"), seeds=2)
    assert [w.name for w in on.null_worlds] == ["null", "null"]
    assert {w.people for w in on.null_worlds} == {small_force.OFFICERS}
    assert on.as_of <= small_force.AS_OF + timedelta(days=30)
    assert on.planted is None
    assert len(on.trial.features) > 0
