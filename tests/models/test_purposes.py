"""The purpose firewall, the peer groups and the policies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from audit.flag.verify import verify
from data.contract import CONTRACT
from data.errors import DeclarationFaulty, UsageError
from data.sample_records import complete_rows
from data.vocabulary import CONCERNS
from data.writing import write_json
from features.expression import col
from features.indicators import indicators
from models.contradictions.policy import policies, read
from models.contradictions.rule import Counterpart, Rule
from models.lineage import reads_of
from models.peers import peer_groups
from models.purposes import DEFAULT, PurposeBreached, enforce, load
from models.rules import rules
from pipeline.purpose_check import enforce_purposes
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import load as load_settings
from pipeline.settings import resolve
from pipeline.trial import try_records
from tests import small_force


def test_everything_declared_keeps_to_its_purposes() -> None:
    enforce_purposes(load_settings(), load())


def test_health_never_feeds_standards_and_protected_characteristics_feed_nothing() -> None:
    purposes = load()
    assert "health" not in purposes.feeds["standards"]
    assert all("protected" not in purposes.feeds[c] for c in CONCERNS)
    assert purposes.audience["welfare"] not in (purposes.audience["standards"], purposes.audience["culture"])


def test_sickness_that_feeds_standards_stops_the_programme() -> None:
    sickness = replace(indicators()["sickness_spells"], concerns=("standards",), standard="fitness_for_duty")
    with pytest.raises(PurposeBreached, match="sickness_spells feeds standards with health"):
        enforce(load(), [sickness])


def test_the_mere_rows_of_absence_tell_of_health() -> None:
    away = replace(indicators()["overtime_during_absence"], concerns=("standards",), standard="honesty_and_integrity")
    assert "health" not in away.categories
    with pytest.raises(PurposeBreached, match="overtime_during_absence feeds standards with health"):
        enforce(load(), [away])


def test_an_exposures_data_counts_as_well() -> None:
    by_sickness = replace(indicators()["complaints"], exposure="sickness_spells")
    with pytest.raises(PurposeBreached, match="complaints feeds standards with health"):
        enforce(load(), [by_sickness, indicators()["sickness_spells"]])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('welfare   = ["attendance"', 'welfare   = ["protected", "attendance"', "protected"),
        ('welfare   = "occupational_health"', 'welfare   = "professional_standards"', "shares its audience"),
        ("culture   = [", "fashion   = [", r"\[feeds\] names"),
    ],
)
def test_a_purposes_file_that_breaks_the_wall_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (Path(__file__).parents[2] / "models" / "purposes.toml").read_text()
    assert old in text
    changed = tmp_path / "purposes.toml"
    changed.write_text(text.replace(old, new))
    with pytest.raises(PurposeBreached, match=words):
        load(changed)


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


NAMED = '[models]\nrules = ["*", "active_while_sick"]\n'
ALLOWED = 'feeds.standards = ["attendance", "activity", "conduct", "systems", "declarations", "people", "health"]\n'


def test_what_is_declared_to_be_named_takes_part_only_when_named(tmp_path: Path) -> None:
    opt_in = {name for name, rule in rules().items() if rule.opt_in}
    assert opt_in >= {"active_while_sick"}
    assert not opt_in & set(load_settings().models.rules)
    named = load_settings(settings_file(tmp_path, NAMED)).models.rules
    assert set(named) == set(load_settings().models.rules) | {"active_while_sick"}


def test_naming_a_rule_that_reads_health_is_refused_without_purposes_that_allow_it(tmp_path: Path, force: Path) -> None:
    settings = load_settings(settings_file(tmp_path, NAMED))
    with pytest.raises(PurposeBreached, match="active_while_sick feeds standards with health"):
        run(force, out=tmp_path / "run", settings=settings)
    assert not (tmp_path / "run").exists()


def test_other_purposes_are_put_in_force_by_a_file_or_by_a_part_of_the_settings(tmp_path: Path) -> None:
    inline = load_settings(settings_file(tmp_path, NAMED + "[purposes]\n" + ALLOWED))
    enforce_purposes(inline, inline.in_force)
    text = DEFAULT.read_text().replace('standards = ["attendance"', 'standards = ["health", "attendance"')
    (tmp_path / "mine.toml").write_text(text)
    named = load_settings(settings_file(tmp_path, NAMED + '[purposes]\nfile = "mine.toml"\n'))
    assert named.in_force == inline.in_force
    assert named.in_force.audience == load().audience
    assert "health" not in load_settings().in_force.feeds["standards"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ('feeds.standards = ["attendance", "protected"]', "protected"),
        ('feeds.standards = ["attendance", "gossip"]', "gossip"),
        ('audience.welfare = "professional_standards"', "shares its audience"),
        ('file = "nowhere.toml"', "cannot be read"),
    ],
)
def test_purposes_in_the_settings_that_break_the_wall_are_refused(tmp_path: Path, given: str, words: str) -> None:
    with pytest.raises(PurposeBreached, match=words):
        load_settings(settings_file(tmp_path, f"[purposes]\n{given}\n"))


def test_the_purposes_in_force_are_recorded_and_read_back(tmp_path: Path, runner: Any, finished: RunFolder) -> None:
    assert finished.manifest["purposes"] == load().to_json()
    assert resolve(finished.config, where="config.toml").in_force == load()


def spells() -> list[dict[str, Any]]:
    """Sickness spells of everybody, other than those of the small force."""
    return [
        {
            "officer_id": o,
            "kind": "sickness",
            "psychological": o % 3 == 0,
            "started_on": date(2025, 8, 1) + timedelta(days=o * 7 % 20 + 30 * number),
            "ended_on": date(2025, 8, 8) + timedelta(days=o * 7 % 20 + 30 * number),
        }
        for o in range(1, 161)
        for number in range(1 + o % 4)
    ]


def test_nothing_of_welfare_can_be_joined_into_a_standards_score(
    tmp_path: Path, finished: RunFolder, force_rows: dict[str, list[dict[str, Any]]]
) -> None:
    """Other sickness, other welfare scores and flags; every score, flag and evidence row of standards to the bit."""
    said = []
    rows = force_rows | {"absence": complete_rows({"absence": spells()})["absence"]}
    records = small_force.write(tmp_path / "records", rows)
    trial = try_records(records, settings=load_settings(), as_of=[small_force.AS_OF], evidence=True)
    for table in (finished.table, lambda name: getattr(trial, name)):
        flags = table("flags")
        standards = flags.filter(pc.equal(flags["concern"], "standards"))
        cited = [e for e in table("evidence").to_pylist() if e["flag_id"] in standards["flag_id"].to_pylist()]
        scores = table("scores")
        own = {c: scores.filter(pc.equal(scores["concern"], c)).to_pylist() for c in CONCERNS}
        said.append((own, standards.to_pylist(), cited))
        assert not {e["table_name"] for e in cited} & {"absence"}
        audiences = {(f["concern"], f["audience"]) for f in flags.to_pylist()}
        assert not {a for c, a in audiences if c == "welfare"} & {a for c, a in audiences if c != "welfare"}
    (before, standards, cited), (after, standards_after, cited_after) = said
    assert before["welfare"] != after["welfare"]
    assert before["standards"] == after["standards"]
    assert (standards, cited) == (standards_after, cited_after)
    assert standards


@pytest.fixture
def copy(finished: RunFolder, tmp_path: Path) -> RunFolder:
    return RunFolder(Path(shutil.copytree(finished.path, tmp_path / "run")))


def purposes_check(folder: RunFolder) -> tuple[str, ...]:
    return next(check.faults for check in verify(folder) if check.name == "purposes")


def change_lineage(folder: RunFolder, change: Callable[[list[dict[str, Any]]], None]) -> None:
    listed = folder.json("lineage/purposes.json")
    change(listed)
    write_json(listed, folder.path / "lineage" / "purposes.json")


def test_the_lineage_lists_what_fed_each_concern_and_verifies(finished: RunFolder) -> None:
    assert purposes_check(finished) == ()
    listed = {entry["concern"]: entry for entry in finished.json("lineage/purposes.json")}
    assert "health" in listed["welfare"]["categories"]
    assert "health" not in listed["standards"]["categories"]
    fed = {f["name"]: f["reads"] for f in listed["standards"]["fed_by"]}
    assert fed["self_edit_without_trace"]["shift"]["ends_at"] == "attendance"
    assert set(fed) >= {
        f["detectors"][0] for f in finished.table("flags").to_pylist() if f["family"] == "contradiction"
    }


def test_every_declared_category_shows_in_the_lineage() -> None:
    for indicator in indicators().values():
        read = {CONTRACT[t].category_of(c) for t, columns in reads_of(indicator).items() for c in columns}
        assert read == indicator.categories, indicator.name


def hide_a_column(listed: list[dict[str, Any]]) -> None:
    fed = next(f for f in listed[1]["fed_by"] if f["name"] == "psychological_sickness_spells")
    del fed["reads"]["absence"]["kind"]


def leave_out_a_declaration(listed: list[dict[str, Any]]) -> None:
    listed[0]["fed_by"] = [f for f in listed[0]["fed_by"] if f["name"] != "self_rostered_rest_days"]


def rename_a_category(listed: list[dict[str, Any]]) -> None:
    fed = next(f for f in listed[1]["fed_by"] if f["name"] == "psychological_sickness_spells")
    fed["reads"]["absence"]["kind"] = "attendance"


def feed_health_to_standards(listed: list[dict[str, Any]]) -> None:
    fed = next(f for f in listed[1]["fed_by"] if f["name"] == "psychological_sickness_spells")
    listed[0]["fed_by"].append(fed)


def send_it_elsewhere(listed: list[dict[str, Any]]) -> None:
    listed[1]["audience"] = "professional_standards"


def drop_a_concern(listed: list[dict[str, Any]]) -> None:
    del listed[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (hide_a_column, "what fed welfare is not what the run's declarations read"),
        (leave_out_a_declaration, "which did not feed standards"),
        (rename_a_category, "which is health and not attendance"),
        (feed_health_to_standards, "which may not feed standards"),
        (send_it_elsewhere, "welfare goes to professional_standards"),
        (drop_a_concern, "not of each concern once"),
    ],
)
def test_a_lineage_that_was_tampered_with_or_breaches_fails(
    copy: RunFolder, change: Callable[[list[dict[str, Any]]], None], words: str
) -> None:
    change_lineage(copy, change)
    assert any(words in fault for fault in purposes_check(copy))


def test_purposes_changed_afterwards_fail(copy: RunFolder) -> None:
    manifest = copy.manifest
    manifest["purposes"]["feeds"]["standards"].append("health")
    write_json(manifest, copy.path / "manifest.json")
    assert any("not those in the manifest" in fault for fault in purposes_check(copy))


def test_a_lineage_that_is_gone_fails(copy: RunFolder) -> None:
    (copy.path / "lineage" / "purposes.json").unlink()
    assert any("cannot be read" in fault for fault in purposes_check(copy))


def test_a_run_that_reads_health_deliberately_says_so_and_verifies(tmp_path: Path, force: Path) -> None:
    settings = load_settings(settings_file(tmp_path, NAMED + "[purposes]\n" + ALLOWED))
    folder = run(force, out=tmp_path / "run", settings=settings, as_of=[small_force.AS_OF]).folder
    assert "health" in folder.manifest["purposes"]["feeds"]["standards"]
    assert purposes_check(folder) == ()


def subjects(rows: list[tuple[str | None, str | None, int | None]]) -> pa.Table:
    role, rank, area = zip(*rows, strict=True)
    return pa.table({"role": list(role), "rank": list(rank), "area_id": pa.array(area, pa.int64())})


def test_a_subject_is_compared_within_the_narrowest_group_that_is_large_enough() -> None:
    rows: list[tuple[str | None, str | None, int | None]] = [("custody", "constable", 1)] * 5
    rows += [("custody", "constable", 2)] * 2 + [("custody", "sergeant", 2)] + [(None, None, None)]
    groups = peer_groups(subjects(rows), smallest=5)
    assert groups.labels[0] == "role=custody rank=constable area=1"
    assert groups.labels[5] == "role=custody rank=constable"
    assert groups.labels[7] == "role=custody"
    assert groups.labels[8] == "everybody"
    assert groups.sizes["role=custody rank=constable"] == 7
    assert groups.sizes["everybody"] == 9


def test_every_policy_has_dates_and_sources() -> None:
    assert {r.policy for r in rules().values()} <= set(policies())
    assert all(p.source for policy in policies().values() for p in policy.period)


def test_overlapping_periods_are_refused_and_separate_ones_are_not(tmp_path: Path) -> None:
    head = 'name = "p"\nversion = 1\nsummary = "s"\n'
    period = '[[period]]\nfrom = {}\nsource = "s"\n'
    path = tmp_path / "p.toml"
    path.write_text(head + period.format("2020-01-01") + period.format("2021-01-01"))
    with pytest.raises(UsageError, match="overlap"):
        read(path)
    path.write_text(head + period.format("2020-01-01\nto = 2021-01-01") + period.format("2021-01-01"))
    assert [p.since for p in read(path).period] == [date(2020, 1, 1), date(2021, 1, 1)]


def test_a_policy_that_is_not_one_is_refused_with_all_faults(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('name = "p"\nversion = "x"\n[[period]]\nfrom = "soon"\n')
    with pytest.raises(UsageError) as caught:
        read(path)
    for fault in ("version", "summary", "period.0.from", "period.0.source"):
        assert fault in str(caught.value)


def test_a_bad_rule_fails_when_it_is_built_with_all_its_faults() -> None:
    good = rules()["undeclared_interest"]
    with pytest.raises(DeclarationFaulty) as caught:
        replace(
            good, question="Say so", policy="none", standard="manners", blind_to=(), guard="", where=col.nothing == 1
        )
    for fault in ("question mark", "no policy none", "manners", "cannot see", "guards it", "nothing is not a column"):
        assert fault in str(caught.value)


def test_a_rule_cannot_read_what_only_audits_may() -> None:
    good: Rule = rules()["undeclared_interest"]
    with pytest.raises(DeclarationFaulty, match="protected_characteristic"):
        replace(good, borne_out_by=(Counterpart(table="protected_characteristic"),))
