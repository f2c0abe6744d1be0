"""The command `dossier`, as its users call it."""

from __future__ import annotations

from pathlib import Path

from pipeline.run_folder import RunFolder
from tests.command_line import json_of, output_of, refusal_of


def test_the_command_writes_one_file_and_refuses_to_replace_it(finished: RunFolder, tmp_path: Path) -> None:
    out = tmp_path / "out" / "page.html"
    assert str(out) in output_of("dossier", finished.path, "--out", out)
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]
    first = out.read_bytes()
    assert "exists" in str(refusal_of("dossier", finished.path, "--out", out))
    output_of("dossier", finished.path, "--out", out, "--overwrite")
    assert out.read_bytes() == first


def test_a_program_reads_where_the_page_is(finished: RunFolder, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert json_of("dossier", finished.path, "--out", out) == {
        "out": str(out),
        "characters": len(out.read_text(encoding="utf-8")),
    }
