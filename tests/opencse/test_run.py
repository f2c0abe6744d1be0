"""The command `run`, as its users call it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.synthetic import generate as generation
from pipeline import extras
from pipeline import run as pipeline
from pipeline.run_folder import open_run
from tests.command_line import call, ending_of, json_of, output_of, refusal_of

WORLD = 'title = "sixty people over a month"\npeople = 60\nmonths = 1\n'


def test_a_world_is_generated_run_reported_and_replaced_only_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, out = tmp_path / "own.toml", tmp_path / "run"
    world.write_text(WORLD, encoding="utf-8")
    results: list[Any] = []
    monkeypatch.setattr(pipeline, "run", _once(pipeline.run, results))
    text = output_of("run", "--world", world, "--out", out, "--seed", 5)
    folder = open_run(out)
    assert folder.config["world"] == {"name": "own", "people": 60, "seed": 5}
    assert f"{folder.table('flags').num_rows} flags: records worth a human look, never findings" in text
    assert "Comparison with peers" in text
    assert f"opencse flags {out}" in text
    refused = refusal_of("run", "--world", world, "--out", out)
    assert (refused.exit_code, "--overwrite" in str(refused)) == (2, True)
    report = json_of("run", "--world", world, "--out", out, "--overwrite")
    assert (report["out"], report["flags"]) == (str(out), folder.table("flags").num_rows)
    assert [options["overwrite"] for options in results[1:]] == [False, True]


def _once(function: Callable[..., Any], results: list[Any]) -> Callable[..., Any]:
    """Run the pipeline once and give its result again after that; keep the result and the options of every call."""

    def run(records: Path, **options: Any) -> Any:
        if not results:
            results.append(function(records, **options))
        results.append(options)
        return results[0]

    return run


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--out", "x"), 2, "--world WORLD and --records DIR"),
        (("--world", "tiny", "--records", "y", "--out", "x"), 2, "found: both"),
        (("--world", "tiny", "--source", "chicago", "--out", "x"), 2, "--source only together with --records"),
        (("--records", "nowhere", "--out", "x"), 3, "nowhere"),
        (("--records", "nowhere", "--out", "x", "--as-of", "soon"), 2, "YYYY-MM-DD"),
        (("--records", "nowhere", "--out", "x", "--as-of", "99999-01-01"), 2, "99999-01-01"),
        (("--records", "nowhere", "--source", "nosuch", "--out", "x"), 2, "nosuch"),
        (("--world", "nosuch", "--out", "x"), 2, "nosuch"),
        (("--world", "tiny", "--config", "nosuch.toml", "--out", "x"), 2, "nosuch.toml"),
    ],
)
def test_wrong_use_is_refused_in_the_users_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    error = refusal_of("run", *arguments)
    assert error.exit_code == code
    assert words in str(error)
    assert list(tmp_path.iterdir()) == []


def test_all_faults_of_a_settings_file_are_listed_at_once(force: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(
        'seed = -1\nsede = 3\n[selection.standards]\nmethod = "fdr"\nq = 3\n[peers]\nsmallest_group = 1\n'
    )
    error = refusal_of("run", "--records", force, "--out", tmp_path / "run", "--config", config)
    assert error.exit_code == 2
    for fault in ("seed", "sede", "selection.standards", "peers.smallest_group"):
        assert fault in str(error)


def test_a_missing_extra_is_reported_before_anything_is_generated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in ("pyod", "great_expectations") else name)
    monkeypatch.setattr(generation, "generate", None)
    error = refusal_of("run", "--world", "tiny", "--out", tmp_path / "run")
    assert (error.exit_code, error.hint) == (2, 'pip install "opencse[validation,patterns]"')
    assert error.found == "no great_expectations, pyod"


def test_a_run_that_loses_its_rows_says_so_last_and_by_its_code(tmp_path: Path) -> None:
    rows = "".join(f"{n},yacht,2015-03-01\n" for n in range(1, 30))
    (tmp_path / "officer.csv").write_text(f"officer_id,workforce,joined_on\n{rows}", encoding="utf-8")
    arguments = ("run", "--records", tmp_path, "--as-of", "2020-01-01")
    code, output, errors = ending_of(*arguments, "--out", tmp_path / "run")
    assert code == 7
    assert "officer.workforce" in output.split("Records")[0]  # the check comes first
    last = errors.rstrip().splitlines()[-4:]
    assert any("Warning: officer lost 29 of its 29 rows to quarantine" in line for line in last)
    assert any("No officer was loaded" in line for line in last)
    assert open_run(tmp_path / "run").manifest["warnings"]
    assert ending_of(*arguments, "--out", tmp_path / "other", "--allow-empty")[0] == 0


def test_what_a_killed_run_left_is_named_and_removed_on_request(few_tables: Path, tmp_path: Path) -> None:
    (tmp_path / ".other.unfinished-1").mkdir()
    (tmp_path / ".run.unfinished-1").mkdir()
    first = call("run", "--records", few_tables, "--out", tmp_path / "run", "--resume")
    assert ".other.unfinished-1 was left by a run that was killed; --clean removes it" in first.stderr
    assert ".run.unfinished-1 was left by a run that was killed; it is gone on with" in first.stderr
    second = call("run", "--records", few_tables, "--out", tmp_path / "run", "--overwrite", "--clean")
    assert ".other.unfinished-1 was left by a run that was killed, and is removed" in second.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
