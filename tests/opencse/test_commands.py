"""The commands, as their users call them: output that can be piped, errors in their words, and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data.errors import OpencseError
from opencse.cli import app
from pipeline.run_folder import RunFolder
from tests import small_force

COMMANDS = ("worlds", "generate", "calibrate", "run", "flags", "explain", "sql", "catalogue", "replay", "verify")
ROOT = Path(__file__).parent.parent.parent


def call(*arguments: object) -> Result:
    """Call the command line in this process; errors explained to the user come out as exceptions."""
    return CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200", "NO_COLOR": "1"})


def refused(*arguments: object) -> OpencseError:
    error = call(*arguments).exception
    assert isinstance(error, OpencseError), f"{arguments} gave {error!r}"
    return error


def ok(*arguments: object) -> str:
    result = call(*arguments)
    assert result.exit_code == 0, (result.exception, result.output)
    return result.stdout


def shell(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Call the command line as a user's shell does, from a folder of theirs."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "opencse", *(str(a) for a in arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    text = ok(command, "--help")
    assert "Example" in text
    assert f"opencse {command}" in text


def test_help_says_what_the_exit_codes_mean() -> None:
    text = ok("--help")
    assert all(command in text for command in COMMANDS)
    for code in ("0 done", "2 usage", "3 input rejected", "4 verification"):
        assert code in " ".join(text.split())


def test_flags_can_be_listed_filtered_and_read_by_a_program(finished: RunFolder) -> None:
    everything = json.loads(ok("flags", finished.path, "--json"))
    assert len(everything) == finished.table("flags").num_rows
    standards = json.loads(ok("flags", finished.path, "--concern", "standards", "--json"))
    assert {f["concern"] for f in standards} == {"standards"}
    assert 0 < len(standards) < len(everything)
    of_one = json.loads(ok("flags", finished.path, "--subject", 7, "--json"))
    assert of_one
    assert {f["subject_id"] for f in of_one} == {7}
    assert everything[0]["flag_id"][:12] in ok("flags", finished.path)


def test_explain_says_why_compared_with_whom_on_which_rows_and_what_would_change_it(finished: RunFolder) -> None:
    flag = next(f for f in finished.table("flags").to_pylist() if f["subject_id"] == 7 and f["family"] == "peer")
    text = ok("explain", finished.path, flag["flag_id"][:12])
    assert "not a finding" in " ".join(text.split())
    assert "160 peers" in text
    assert "roster_edit.parquet" in text
    assert "would not reach the cut" in text
    explained = json.loads(ok("explain", finished.path, flag["flag_id"], "--json", "--rows", 3))
    assert {c[0] for c in explained["cited"]} >= {"roster_edit", "shift", "posting", "officer"}
    assert len(explained["rows"]["roster_edit"]) == 3
    assert all(row["officer_id"] == 7 for row in explained["rows"]["roster_edit"])


def test_what_explain_says_would_change_a_contradiction_does(finished: RunFolder) -> None:
    flag = next(
        f for f in finished.table("flags").to_pylist() if f["subject_id"] == 8 and f["family"] == "contradiction"
    )
    explained = json.loads(ok("explain", finished.path, flag["flag_id"], "--json"))
    counted = explained["said"][0]["contributions"][0]
    (line,) = explained["changes"]
    needed = int(line.split(" of the ")[0].split()[-1])
    left = counted["hits"] - needed
    assert left < 12 or 100 * left < 10 * counted["judged"]
    assert left + 1 >= 12
    assert 100 * (left + 1) >= 10 * counted["judged"]


def test_sql_prints_exactly_what_ran(finished: RunFolder) -> None:
    steps = ok("sql", finished.path).splitlines()
    step = f"{small_force.AS_OF}/features/officer/roster_edit/roster_cuts_suffered"
    assert step in steps
    by_step = ok("sql", finished.path, step)
    by_indicator = ok("sql", finished.path, "roster_self_edits")
    kept = sorted((finished.path / "lineage" / "sql").glob("*features-officer-roster_edit-roster_cuts_suffered.sql"))
    assert len(kept) == 1
    assert kept[0].read_text().strip() in by_step
    assert kept[0].read_text().strip() in by_indicator
    assert "no step" in str(refused("sql", finished.path, "nothing_like_it")).lower()


def test_sql_of_a_formula_is_that_of_the_indicators_it_reads(finished: RunFolder) -> None:
    printed = ok("sql", finished.path, "leave_untaken")
    assert "annual_leave_days__n" in printed
    assert printed == ok("sql", finished.path, "annual_leave_days")


def test_no_statement_names_a_folder_of_this_machine(finished: RunFolder, force: Path) -> None:
    texts = [p.read_text() for p in finished.path.rglob("*") if p.suffix in (".sql", ".json", ".toml", ".html")]
    assert texts
    assert [t[:200] for t in texts if str(force) in t or str(force.parent) in t] == []


def test_the_catalogue_lists_and_shows_everything_declared() -> None:
    listed = json.loads(ok("catalogue", "--json"))
    assert {e["kind"] for e in listed} == {"indicator", "rule", "detector", "baseline"}
    assert "## Worked cases" in ok("catalogue", "roster_self_edits")
    assert "What it cannot see" in ok("catalogue", "undeclared_interest")
    assert "assume" in ok("catalogue", "peer_rate")
    assert "called 'nothing'" in str(refused("catalogue", "nothing"))


def test_replay_and_verify_report_to_people_and_programs(finished: RunFolder, force: Path) -> None:
    n = finished.table("flags").num_rows
    assert f"{n} of {n} flags replay" in ok("replay", finished.path)
    one = json.loads(ok("replay", finished.path, finished.table("flags")["flag_id"][0].as_py()[:10], "--json"))
    assert [r["agrees"] for r in one] == [True]
    checks = json.loads(ok("verify", finished.path, "--records", force, "--json"))
    assert all(not c["faults"] for c in checks)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "--out", "x"), 2, "--world WORLD and --records DIR"),
        (("run", "--world", "tiny", "--records", "y", "--out", "x"), 2, "one of"),
        (("run", "--records", "nowhere", "--out", "x"), 3, "nowhere"),
        (("run", "--records", "nowhere", "--out", "x", "--as-of", "soon"), 2, "YYYY-MM-DD"),
        (("run", "--records", "nowhere", "--source", "nosuch", "--out", "x"), 2, "nosuch"),
        (("run", "--world", "nosuch", "--out", "x"), 2, "nosuch"),
        (("generate", "nosuch", "--out", "x"), 2, "nosuch"),
        (("flags", "nowhere"), 2, "not a run folder"),
        (("flags", "nowhere", "--concern", "fashion"), 2, "standards, welfare, culture"),
        (("verify", "nowhere"), 2, "not a run folder"),
        (("replay", "nowhere"), 2, "not a run folder"),
    ],
)
def test_wrong_use_is_refused_in_the_users_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    error = refused(*arguments)
    assert error.exit_code == code
    assert words in str(error)
    assert list(tmp_path.iterdir()) == []


def test_all_faults_of_a_settings_file_are_told_at_once(force: Path, tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(
        'seed = -1\nsede = 3\n[selection.standards]\nmethod = "fdr"\nq = 3\n[peers]\nsmallest_group = 1\n'
    )
    error = refused("run", "--records", force, "--out", tmp_path / "run", "--config", config)
    assert error.exit_code == 2
    for fault in ("seed", "sede", "selection.standards", "peers.smallest_group"):
        assert fault in str(error)


def test_the_shell_sees_the_exit_codes_and_no_traceback(finished: RunFolder, tmp_path: Path) -> None:
    unknown = shell("flags", "nowhere", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "Error: This is not a run folder." in unknown.stderr
    assert unknown.stdout == ""
    rejected = shell("run", "--records", tmp_path, "--out", "run", cwd=tmp_path)
    assert rejected.returncode == 3
    spoilt = tmp_path / "spoilt"
    spoilt.mkdir()
    for path in finished.path.rglob("*"):
        if path.is_file():
            target = spoilt / path.relative_to(finished.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes() if path.name != "scores.parquet" else b"spoilt")
    failed = shell("verify", "spoilt", cwd=tmp_path)
    assert failed.returncode == 4
    assert shell("run", "--nonsense", cwd=tmp_path).returncode == 2
    for done in (unknown, rejected, failed):
        assert "Traceback" not in done.stderr + done.stdout


def test_output_can_be_cut_short_by_its_reader(finished: RunFolder, tmp_path: Path) -> None:
    command = f"{sys.executable} -m opencse sql {finished.path} | head -1"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 1
