"""The command `outcomes`, as its users call it; what it measures is tested beside the audit."""

from __future__ import annotations

from pathlib import Path

from pipeline.run_folder import RunFolder
from tests.command_line import call, refusal_of


def test_records_that_cannot_be_read_and_a_folder_that_exists_are_refused(finished: RunFolder, tmp_path: Path) -> None:
    assert refusal_of("outcomes", finished.path, "--records", tmp_path / "nowhere").exit_code == 3
    occupied = refusal_of("outcomes", finished.path, "--records", tmp_path, "--out", tmp_path)
    assert (occupied.exit_code, occupied.where) == (2, str(tmp_path))


def test_outcomes_need_records(finished: RunFolder) -> None:
    result = call("outcomes", finished.path)
    assert result.exit_code == 2
    assert "--records" in result.stderr
