"""A library that is not installed is missed before a row is read, by every command that will need it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.synthetic import memory_world
from data.vocabulary import BY_COMPARISON
from pipeline import extras
from pipeline.run_folder import RunFolder
from stress.controls import control_runs
from tests.command_line import refusal_of


def flag_of(folder: RunFolder) -> str:
    """A flag by comparison with peers, in which detectors of whole patterns take part."""
    rows = folder.table("flags").to_pylist()
    return str(next(row["flag_id"] for row in rows if row["promise"] in BY_COMPARISON))


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without PyOD and Great Expectations, on which nothing may be read or made."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("work was begun")

    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in ("pyod", "great_expectations") else name)
    for place in ("audit.flag.replay", "audit.flag.removal", "audit.flag.stability", "audit.specification.run_values"):
        monkeypatch.setattr(f"{place}.Rerun", refused)
    monkeypatch.setattr(control_runs, "make_world", refused)
    monkeypatch.setattr(control_runs, "load_records", refused)
    monkeypatch.setattr(memory_world, "make_world", refused)


@pytest.mark.usefixtures("bare")
def test_what_reads_a_run_misses_what_its_detectors_need(finished: RunFolder, force: Path, tmp_path: Path) -> None:
    run, flag = finished.path, flag_of(finished)
    for arguments in (
        ("replay", run),
        ("replay", run, flag),
        ("specifications", run, "--out", tmp_path / "curve"),
        ("rates", run, "--records", force, "--controls", 1),
    ):
        error = refusal_of(*arguments)
        assert (error.exit_code, error.hint) == (2, 'pip install "opencse[patterns]"'), arguments
        assert error.found == "no pyod"


@pytest.mark.usefixtures("bare")
def test_a_plan_and_controls_miss_it_before_a_world_is_made(force: Path, tmp_path: Path) -> None:
    for arguments in (
        ("stress", "quick", "--out", tmp_path / "plan"),
        ("controls", "--world", "tiny", "--seeds", 1),
        ("controls", "--records", force, "--seeds", 1),
    ):
        error = refusal_of(*arguments)
        assert (error.exit_code, error.hint) == (2, 'pip install "opencse[patterns]"'), arguments
    assert not (tmp_path / "plan").exists()


def test_explain_misses_what_it_would_need_to_compare_anew(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch, force: Path
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in ("pyod", "great_expectations") else name)
    monkeypatch.setattr("audit.flag.removal.evidence_of", None)
    monkeypatch.setattr("audit.flag.stability.panels_of", None)
    flag = flag_of(finished)
    assert refusal_of("explain", finished.path, flag).hint == 'pip install "opencse[patterns]"'
    asked = ("explain", finished.path, flag, "--no-removal", "--stability")
    assert refusal_of(*asked).hint == 'pip install "opencse[patterns]"'
    assert refusal_of(*asked, "--records", force).hint == 'pip install "opencse[validation,patterns]"'
