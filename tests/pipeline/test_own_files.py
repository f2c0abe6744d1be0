"""A user's own parts: files named in the settings, under the checks of OpenCSE's own, and never run unasked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from audit.flag.explanation import explain
from audit.flag.replay import replay
from audit.flag.verify import verify
from data.errors import DeclarationFaulty, UsageError, VerificationFailed
from pipeline.run import run
from pipeline.run_folder import RunFolder, open_run
from pipeline.settings import CodeNotTrusted, load
from tests import small_force

INDICATOR = """
from opencse import Case, Indicator, col

INDICATOR = Indicator(
    question="How many tours of the officer were worked in the field?",
    table="shift", where=col.place == "field", aggregate="count", windows=(365,), exposure="days_served",
    concerns=("culture",),
    cases=(
        Case(says="A tour in the field counts.", window=365, expected=1,
             rows={"shift": ({"place": "field", "starts_at": "2025-06-01T09:00"},)}),
    ),
)
"""

POLICY = """
name = "own_office_rule"
version = 3
summary = "A tour in the office leaves an entry at the door."

[[period]]
from = 2020-01-01
source = "An order of the day."
"""

RULE = """
from opencse import Counterpart, Rule, col, day

RULE = Rule(
    question="Which office tours have no entry at the door?",
    concern="standards", standard="duties_and_responsibilities", policy="own_office_rule",
    table="shift", where=col.place == "office", day=col.starts_at,
    borne_out_by=(Counterpart(table="site_entry", pairs=((day(col.starts_at), day(col.entered_at)),)),),
    guard="nothing is judged where the door recorded nobody", blind_to=("a door that stood open",),
)
"""

DETECTOR = """
import numpy as np
from opencse import ContributionList, Detector, Fitted, Panel, Scores

class Everybody(Detector):
    family = "pattern"
    question = "Is anybody here?"
    assumption = "nobody is unusual"

    def fit(self, panel, *, seed):
        return self

    def score(self, panel, *, seed=0):
        n = len(panel.ids)
        return Scores(score=np.zeros(n), p_value=np.full(n, 0.5), contributions=ContributionList(n), assumption="none")

DETECTOR = Everybody()
"""

SETTINGS = """
[features]
files = ["mine/field_*.py"]

[models]
rule_files = ["mine/own_rule.py"]
policy_files = ["mine/own_office_rule.toml"]
detector_files = ["mine/everybody.py"]
"""

FILES = {
    "field_tours.py": INDICATOR,
    "own_office_rule.toml": POLICY,
    "own_rule.py": RULE,
    "everybody.py": DETECTOR,
}


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """A settings file with parts of its own beside it."""
    return write_settings(tmp_path)


def write_settings(folder: Path) -> Path:
    (folder / "mine").mkdir()
    for name, text in FILES.items():
        (folder / "mine" / name).write_text(text)
    (folder / "settings.toml").write_text(SETTINGS)
    return folder / "settings.toml"


@pytest.fixture(scope="module")
def own_run(force: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run in which the user's own parts took part; their originals are gone."""
    folder = tmp_path_factory.mktemp("own")
    settings = load(write_settings(folder), trust_code=True)
    finished = run(force, out=folder / "run", settings=settings, as_of=[small_force.AS_OF]).folder
    shutil.rmtree(folder / "mine")
    return finished


def test_own_parts_run_only_where_they_are_trusted(settings_file: Path) -> None:
    (settings_file.parent / "mine" / "field_tours.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(CodeNotTrusted, match=r"field_tours\.py") as caught:
        load(settings_file)
    assert "--trust-code" in str(caught.value)
    assert caught.value.exit_code == 2


def test_own_parts_take_part_beside_the_others(settings_file: Path) -> None:
    settings = load(settings_file, trust_code=True)
    assert {"field_tours", "complaints"} <= {i.name for i in settings.indicators}
    assert {"own_rule", "undeclared_interest"} <= {r.name for r in settings.rules}
    assert {"everybody", "peer_rate"} <= {d.name for d in settings.detectors}
    assert settings.repertoire.rules["own_rule"].dated.version == 3
    assert "field_tours" not in load().features.indicators


def test_a_run_keeps_copies_of_own_parts_under_their_digests(own_run: RunFolder) -> None:
    listed = {f["path"]: f["sha256"] for f in own_run.manifest["own_files"]}
    outputs = {o["path"]: o["sha256"] for o in own_run.manifest["outputs"]}
    assert sorted(listed) == [
        "code/detector/everybody.py",
        "code/indicator/field_tours.py",
        "code/policy/own_office_rule.toml",
        "code/rule/own_rule.py",
    ]
    assert {path: outputs[path] for path in listed} == listed
    assert "field_tours" in own_run.table("features")["indicator"].unique().to_pylist()
    flags = own_run.table("flags").to_pylist()
    assert {f["policy_version"] for f in flags if f["detectors"] == ["own_rule"]} == {3}


def test_a_run_with_own_parts_replays_from_its_folder_alone(own_run: RunFolder) -> None:
    trusted = open_run(own_run.path, trust_code=True)
    assert [r.faults for r in replay(trusted) if not r.agrees] == []
    flag = next(f for f in trusted.table("flags").to_pylist() if f["detectors"] == ["own_rule"])
    assert "It cannot see a door that stood open." in explain(trusted, flag["flag_id"]).assumptions


def test_somebody_elses_run_is_checked_without_running_its_code(own_run: RunFolder) -> None:
    with pytest.raises(CodeNotTrusted):
        replay(own_run)
    checks = {check.name: check for check in verify(own_run)}
    assert [fault for check in checks.values() for fault in check.faults] == []
    assert "own_rule.py" in checks["purposes"].unchecked


def test_a_copy_that_was_changed_is_not_run(own_run: RunFolder, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(own_run.path, copy)
    (copy / "code" / "rule" / "own_rule.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(VerificationFailed, match="changed since the run") as caught:
        replay(open_run(copy, trust_code=True))
    assert caught.value.where == "code/rule/own_rule.py"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("field_tours.py", "INDICATOR = 3", "declares no INDICATOR"),
        ("field_tours.py", "1 / 0", "cannot be used"),
        ("own_rule.py", RULE.replace("own_office_rule", "no_such_policy"), "cannot be used"),
        ("own_office_rule.toml", "name = 'another'", "cannot be used"),
    ],
)
def test_an_own_part_that_does_not_fit_is_refused_in_words(
    settings_file: Path, name: str, text: str, told: str
) -> None:
    (settings_file.parent / "mine" / name).write_text(text)
    with pytest.raises(UsageError, match=told):
        load(settings_file, trust_code=True)


def test_an_own_indicator_with_an_exposure_that_is_not_there_is_refused(settings_file: Path) -> None:
    own = settings_file.parent / "mine" / "field_tours.py"
    own.write_text(INDICATOR.replace('exposure="days_served"', 'exposure="days_dreamt"'))
    with pytest.raises(DeclarationFaulty, match="days_dreamt"):
        load(settings_file, trust_code=True)


def test_a_name_that_is_taken_is_refused(settings_file: Path) -> None:
    folder = settings_file.parent / "mine"
    (folder / "complaints.py").write_text(INDICATOR)
    settings_file.write_text('[features]\nfiles = ["mine/complaints.py"]\n')
    with pytest.raises(UsageError, match="complaints is taken"):
        load(settings_file, trust_code=True)


def test_a_pattern_that_names_no_file_is_refused(settings_file: Path) -> None:
    settings_file.write_text('[models]\nrule_files = ["mine/none_*.py"]\n')
    with pytest.raises(UsageError, match="not there") as caught:
        load(settings_file, trust_code=True)
    assert caught.value.found == "mine/none_*.py"
