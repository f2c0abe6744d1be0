"""The command `verify`, as its users call it."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.run_folder import RunFolder
from tests.command_line import call, json_of, output_of, refusal_of


def test_a_run_verifies_for_people_and_programs(finished: RunFolder, force: Path) -> None:
    checks = json_of("verify", finished.path, "--records", force)
    assert checks
    assert all(check["checked"] and not check["faults"] for check in checks)
    assert "Verification" in output_of("verify", finished.path)


def test_a_changed_file_is_named_and_the_code_says_so(finished: RunFolder, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt"
    shutil.copytree(finished.path, spoilt)
    (spoilt / "scores.parquet").write_bytes(b"spoilt")
    result = call("verify", spoilt)
    assert "scores.parquet" in result.stdout
    error = refusal_of("verify", spoilt)
    assert error.exit_code == 4
    assert "does not verify" in str(error)
