"""The command `generate`, as its users call it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

from tests.command_line import call, json_of, refusal_of

ROOT = Path(__file__).parents[2]
SMALLEST = ("--people", 60, "--months", 1)


def test_a_world_is_written_and_its_rows_are_counted_by_table(tmp_path: Path) -> None:
    result = call("generate", "tiny", "--out", tmp_path / "world", *SMALLEST)
    assert result.exit_code == 0, result.exception
    assert {path.name for path in (tmp_path / "world").iterdir()} == {"records", "truth", "world.json"}
    assert f"rows written to {tmp_path / 'world'}" in result.stdout
    assert "Next: opencse run --records" in result.stderr
    rows = json_of("generate", "tiny", "--out", tmp_path / "again", *SMALLEST)["rows"]
    assert rows["shift"] == pq.read_metadata(tmp_path / "world" / "records" / "shift.parquet").num_rows > 0


def test_nothing_is_written_where_something_is_or_for_a_world_there_is_none_of(tmp_path: Path) -> None:
    occupied = refusal_of("generate", "tiny", "--out", tmp_path, *SMALLEST)
    assert occupied.exit_code == 2
    assert str(tmp_path) in str(occupied)
    unknown = refusal_of("generate", "nosuch", "--out", tmp_path / "world")
    assert unknown.exit_code == 2
    assert "nosuch" in str(unknown)
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_is_told_to_end_leaves_nothing_behind(tmp_path: Path) -> None:
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    out.mkdir()
    temporary.mkdir()
    command = [sys.executable, "-m", "opencse", "run", "--world", "demo", "--out", str(out / "run")]
    environment = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        while not list(temporary.rglob("*.parquet")) and process.poll() is None:
            time.sleep(0.05)  # until the world is being written
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert list(out.iterdir()) == list(temporary.iterdir()) == []
