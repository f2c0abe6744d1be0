"""The command `sql`, as its users call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.run_folder import RunFolder
from tests import small_force
from tests.command_line import call, output_of, refusal_of


def test_sql_prints_exactly_what_ran(finished: RunFolder) -> None:
    steps = output_of("sql", finished.path).splitlines()
    step = f"{small_force.AS_OF}/features/officer/roster_edit/roster_cuts_suffered"
    assert step in steps
    (file,) = (finished.path / "lineage" / "sql").glob("*features-officer-roster_edit-roster_cuts_suffered.sql")
    statement = file.read_text(encoding="utf-8").strip()
    assert statement in output_of("sql", finished.path, step)
    assert statement in output_of("sql", finished.path, "roster_cuts_suffered")


def test_sql_of_a_formula_is_that_of_the_indicators_it_reads(finished: RunFolder) -> None:
    printed = output_of("sql", finished.path, "leave_untaken")
    assert "annual_leave_days__n" in printed
    assert printed == output_of("sql", finished.path, "annual_leave_days")


def test_a_step_there_is_none_of_is_refused(finished: RunFolder) -> None:
    error = refusal_of("sql", finished.path, "nothing_like_it")
    assert error.exit_code == 2
    assert error.summary == "No step of the run is called 'nothing_like_it'."


@pytest.mark.parametrize(
    "steps",
    ["", "{}", "[1]", '[{"step": "s"}]', '[{"step": "s", "file": "gone.sql"}]', '[{"step": 1, "file": null}]'],
)
def test_a_list_of_steps_that_is_none_is_refused(steps: str, tmp_path: Path) -> None:
    (tmp_path / "lineage").mkdir()
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "lineage" / "steps.json").write_text(steps)
    if steps == "{}":
        assert output_of("sql", tmp_path) == ""
        return
    error = refusal_of("sql", tmp_path)
    assert (error.exit_code, error.where) == (4, str(tmp_path / "lineage"))


def test_a_run_folder_of_somebody_else_shows_no_file_of_its_reader(tmp_path: Path) -> None:
    (tmp_path / "run" / "lineage").mkdir(parents=True)
    (tmp_path / "run" / "manifest.json").write_text("{}")
    (tmp_path / "secret").write_text("mine alone")
    for file in ("../../secret", str(tmp_path / "secret")):
        steps = json.dumps([{"step": "s", "file": file}])
        (tmp_path / "run" / "lineage" / "steps.json").write_text(steps)
        result = call("sql", tmp_path / "run", "s")
        assert "mine alone" not in result.output
        assert refusal_of("sql", tmp_path / "run", "s").exit_code == 4


def test_no_statement_names_a_folder_of_this_machine(finished: RunFolder, force: Path) -> None:
    paths = [path for path in finished.path.rglob("*") if path.suffix in (".sql", ".json", ".toml", ".html")]
    assert paths
    assert [path for path in paths if str(force.parent) in path.read_text(encoding="utf-8")] == []
