"""A finished run is changed at random: whoever kept its checkpoint finds it, and what was changed is named."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audit.flag.verify import Trusted, verify
from audit.log.log_folder import open_log
from audit.log.reviews import Review, record_reviews
from data.errors import OpencseError
from ledger.notes import LOG_KEY, SigningKey
from pipeline import verify_script
from pipeline.run_folder import RunFolder, open_run
from pipeline.run_ledger import CHECKPOINT, LEAVES
from pipeline.seal import SCRIPT
from tests.file_changes import linked_copy, rewrite
from tests.tampering import Change, change

KEY = SigningKey("example.org/force", LOG_KEY, bytes(range(32)))


@pytest.fixture(scope="module")
def signed(finished: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was reviewed and signed, and beside it what its reader kept: checkpoint, manifest and leaves."""
    place = tmp_path_factory.mktemp("signed")
    run = Path(shutil.copytree(finished.path, place / "run"))
    first = finished.table("flags")["flag_id"][0].as_py()
    reviews = [
        Review(flag_id=first, outcome="no_concern", reason=f"I looked, {n}.", at="2026-01-01T00:00:00Z") for n in "12"
    ]
    record_reviews(open_run(run), reviews)
    open_log(run).sign(KEY)
    (place / "kept").mkdir()
    for name in (CHECKPOINT, LEAVES, "manifest.json"):
        shutil.copy(run / name, place / "kept")
    return place


def faults_by_script(place: Path, run: Path, *, all_kept: bool) -> list[str]:
    kept = place / "kept"
    return verify_script.check(run, kept / "checkpoint", None, kept if all_kept else None).faults


def faults_by_command(place: Path, run: Path) -> list[str]:
    kept = place / "kept"
    try:
        checks = verify(open_run(run), trusted=Trusted(kept / "checkpoint", None, kept))
    except OpencseError as error:
        return error.lines()
    return [fault for check in checks for fault in check.faults]


def drawn(place: Path, tmp_path: Path, number: int, *, fit: bool) -> tuple[Path, Change]:
    """The run with one change; of changes that come to nothing another is drawn."""
    for attempt in range(50):
        run = linked_copy(place / "run", tmp_path / f"run-{attempt}")
        made = change(run, np.random.default_rng([16, number, attempt, fit]), fit=fit)
        if made is not None:
            return run, made
        shutil.rmtree(run)
    raise AssertionError("fifty changes came to nothing")


def check_one(place: Path, tmp_path: Path, number: int, *, fit: bool) -> None:
    run, made = drawn(place, tmp_path, number, fit=fit)
    assert faults_by_script(place, run, all_kept=False), f"{made}: not found by verify.py --checkpoint"
    for faults in (faults_by_script(place, run, all_kept=True), faults_by_command(place, run)):
        assert any(name in fault for fault in faults for name in made.names), f"{made}: not named in {faults[:5]}"


def test_the_run_itself_is_found_as_it_was_kept(signed: Path) -> None:
    assert faults_by_script(signed, signed / "run", all_kept=True) == []
    assert faults_by_command(signed, signed / "run") == []


@pytest.mark.parametrize("fit", [False, True], ids=["as it is", "all hashes made to fit"])
@pytest.mark.parametrize("number", [pytest.param(n, marks=pytest.mark.nightly if n >= 12 else ()) for n in range(30)])
def test_a_change_is_found_and_named(number: int, fit: bool, signed: Path, tmp_path: Path) -> None:
    check_one(signed, tmp_path, number, fit=fit)


def check_found_and_named(place: Path, tmp_path: Path, number: int, *, fit: bool) -> None:
    """The same for less: what already names a change is not asked again with more at hand."""
    run, made = drawn(place, tmp_path, number, fit=fit)
    faults = faults_by_script(place, run, all_kept=False)
    assert faults, f"{made}: not found by verify.py --checkpoint"
    for more in (lambda: faults_by_script(place, run, all_kept=True), lambda: faults_by_command(place, run)):
        if any(name in fault for fault in faults for name in made.names):
            return
        faults += more()
    assert any(name in fault for fault in faults for name in made.names), f"{made}: not named in {faults[:5]}"


@pytest.mark.nightly
@pytest.mark.parametrize("fit", [False, True], ids=["as it is", "all hashes made to fit"])
@pytest.mark.parametrize("first", range(1000, 2000, 50))
def test_a_thousand_changes_are_found_and_named(first: int, fit: bool, signed: Path, tmp_path: Path) -> None:
    missed = []
    for number in range(first, first + 50):
        place = tmp_path / str(number)
        place.mkdir()
        try:
            check_found_and_named(signed, place, number, fit=fit)
        except Exception as error:  # all of them are counted, also those that end in an error nobody foresaw
            missed.append(f"{number}: {type(error).__name__}: {error}")
        shutil.rmtree(place)
    assert missed == []


def test_the_script_in_a_run_is_one_file_that_needs_python_alone(signed: Path) -> None:
    script = signed / "run" / SCRIPT
    tree = ast.parse(script.read_bytes(), feature_version=(3, 9))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {str(name).partition(".")[0] for name in imported} <= sys.stdlib_module_names
    command = [sys.executable, "-I", "-S", str(script), "--checkpoint", str(signed / "kept" / "checkpoint")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "no fault" in ended.stdout


def test_a_file_whose_name_steers_a_terminal_is_named_without_steering_it(
    signed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = linked_copy(signed / "run", tmp_path / "run")
    (run / "\x1b[31mred\u202e").write_bytes(b"")
    assert verify_script.check(run).show() == 1
    assert "\\x1b[31mred\\u202e is not a file of the run" in capsys.readouterr().out


def test_what_cannot_be_read_is_named_and_does_not_hide_the_rest(signed: Path, tmp_path: Path) -> None:
    run = linked_copy(signed / "run", tmp_path / "run")
    for name in ("ledger/flags.jsonl", "ledger/scores.jsonl"):
        rewrite(run / name, b"spoilt")
    faults = verify_script.check(run).faults
    assert any(fault.startswith("ledger/flags.jsonl cannot be read") for fault in faults)
    assert any(fault.startswith("ledger/scores.jsonl has changed") for fault in faults)
