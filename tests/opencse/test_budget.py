"""The command `budget`, as its users call it; what it states is tested beside the budget."""

from __future__ import annotations

from pathlib import Path

from tests.command_line import refusal_of


def test_a_folder_that_is_not_finished_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    assert refusal_of("budget", tmp_path, "--out", tmp_path / "statement").exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_for_the_statement_that_exists_is_refused_before_any_work(tmp_path: Path) -> None:
    error = refusal_of("budget", tmp_path / "nowhere", "--out", tmp_path)
    assert (error.exit_code, error.where) == (2, str(tmp_path))
