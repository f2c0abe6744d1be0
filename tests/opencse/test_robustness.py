"""The command line in situations that machines get into: sentences and documented codes, and nothing left behind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import OpencseError
from opencse.failures import INTERRUPTED
from pipeline.run_folder import RunFolder
from tests.command_line import ROOT, ending_of, refusal_of, shell

PAGE = ROOT / "docs" / "reference" / "exit-codes.md"
SAMPLE = ROOT / "data" / "synthetic" / "sample" / "records"
WORLD = 'title = "sixty people over a month"\npeople = 60\nmonths = 1\n'


@pytest.fixture
def world(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(WORLD, encoding="utf-8")
    return path


def refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Check that a command ended with a code and a sentence, and printed no result and no traceback."""
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_output_cut_short_by_its_reader_is_what_the_reader_meant(tmp_path: Path) -> None:
    done = shell("catalogue", cwd=tmp_path, command="{} | head -1")
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_standard_output_is_reported(tmp_path: Path) -> None:
    refused(shell("scenarios", cwd=tmp_path, command="{} > /dev/full"), 5, "Standard output", "No space left")


def test_a_file_size_limit_leaves_nothing_behind(world: Path, tmp_path: Path) -> None:
    done = shell("generate", world, "--out", tmp_path / "world", cwd=tmp_path, command="ulimit -f 20; {}")
    refused(done, 5, "File too large")
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == ["own.toml"]


def test_a_working_folder_that_is_gone_is_reported(world: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = shell("generate", world, "--out", "here", cwd=gone, command="rmdir ../gone; {}")
    refused(done, 5, "the folder you work in may be gone")


def test_docstrings_that_are_optimised_away_are_not_needed(world: Path, tmp_path: Path) -> None:
    done = shell("generate", world, "--out", "world", cwd=tmp_path, environment={"PYTHONOPTIMIZE": "2"})
    assert (done.returncode, "rows written" in done.stdout) == (0, True)


# ---------------------------------------------------------------- paths


@pytest.mark.parametrize("out", ["a" * 300, "file/world", "file/deeper/world", "/proc/world"])
def test_a_folder_that_cannot_be_made_is_refused(
    out: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    code, output, errors = ending_of("generate", world, "--out", out)
    assert (code, output) == (5, "")
    assert all(label in errors for label in ("Error: ", "where: ", "do: "))
    assert {path.name for path in tmp_path.iterdir()} == {"own.toml", "file"}


def test_a_name_of_brackets_backslashes_and_escapes_is_shown_and_steers_nothing() -> None:
    name = "[bold]x[/bold]\\[red]\x1b[2J\u202egnp"
    code, _, errors = ending_of("flags", name)
    assert code == 2
    assert r"where: [bold]x[/bold]\[red]\x1b[2J\u202egnp" in errors
    code, _, errors = ending_of("flags", name, "--nonsense\x1b[2J")
    assert code == 2
    assert not {"\x1b", "\u202e"} & set(errors)


def test_a_path_that_is_not_utf8_is_refused(world: Path) -> None:
    code, _, errors = ending_of("generate", world, "--out", os.fsdecode(b"caf\xe9"))
    assert code == 2
    assert r"found: caf\xe9" in errors


# ---------------------------------------------------------------- files of the user's own


def test_a_byte_order_mark_before_toml_is_skipped(tmp_path: Path) -> None:
    text = "\ufeff" + WORLD
    for name in ("world", "settings", "plan"):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    faults = {
        "world": refusal_of("generate", tmp_path / "world.toml", "--out", tmp_path),
        "settings": refusal_of("run", "--records", tmp_path, "--out", "x", "--config", tmp_path / "settings.toml"),
        "plan": refusal_of("stress", tmp_path / "plan.toml", "--out", tmp_path / "x"),
    }
    assert "is there already" in str(faults["world"]) or "exist" in str(faults["world"])
    assert "people" in str(faults["settings"])
    assert "people" in str(faults["plan"])


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "soon"])
def test_an_as_of_date_beyond_those_of_records_is_refused(day: str, tmp_path: Path) -> None:
    error = refusal_of("run", "--records", tmp_path, "--out", tmp_path / "x", "--as-of", day)
    assert (error.exit_code, error.found) == (2, day)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_date_of_another_tools_list_beyond_those_of_records_is_refused(day: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"subject,concern,date\n1,standards,{day}\n", encoding="utf-8")
    error = refusal_of("rates", "--flags", path, "--records", SAMPLE)
    assert error.exit_code == 3
    assert f"line 2: the date is '{day}'" in str(error)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"selections": 3}', "\x00", "[[1, 2]]"])
def test_a_manifest_that_is_none_is_refused_by_every_command_that_reads_it(
    manifest: str, finished: RunFolder, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished.path, copy)
    (copy / "manifest.json").write_text(manifest, encoding="utf-8")
    for command in ("flags", "verify", "replay"):
        error = refusal_of(command, copy)
        assert (error.exit_code, error.where) == (4, "manifest.json"), command


def test_every_code_that_an_error_carries_is_one_of_those_documented() -> None:
    documented = {int(code) for code in re.findall(r"(?m)^\| (\d+) \|", PAGE.read_text(encoding="utf-8"))}
    assert {0, INTERRUPTED} < documented
    kinds = [OpencseError]
    while kinds:
        kind = kinds.pop()
        assert kind.exit_code in documented
        kinds += kind.__subclasses__()


# ---------------------------------------------------------------- permissions

WITHOUT_PRIVILEGES = """
import ctypes, sys
if sys.platform == "linux":
    # The administrator may read and write everything: without capabilities permissions count for them as for others.
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()) == 0
from opencse.__main__ import main
sys.argv[0] = "opencse"
main()
"""


@pytest.mark.skipif(
    sys.platform != "linux" and os.geteuid() == 0, reason="only Linux lets the administrator drop capabilities"
)
def test_what_may_not_be_written_or_read_is_named(world: Path, tmp_path: Path) -> None:
    records, closed = tmp_path / "records", tmp_path / "closed"
    shutil.copytree(SAMPLE, records)
    (records / "shift.parquet").chmod(0)
    closed.mkdir(mode=0o500)
    for words, path in (
        (("generate", world, "--out", closed / "world"), closed),
        (("run", "--records", SAMPLE, "--out", closed / "run"), closed),
        (("run", "--records", records, "--out", tmp_path / "run"), records / "shift.parquet"),
    ):
        command = [sys.executable, "-c", WITHOUT_PRIVILEGES, *(str(word) for word in words)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        refused(done, 5, "Permission denied", str(path), "You have no permission there")
    assert {path.name for path in tmp_path.iterdir()} == {"own.toml", "records", "closed"}
    assert list(closed.iterdir()) == []
