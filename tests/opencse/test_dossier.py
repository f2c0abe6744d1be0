"""The command `dossier`, as its users call it."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.specification.choices import load_plan
from dossier import curve_survival
from pipeline.run_folder import RunFolder
from tests.command_line import call, json_of, output_of, refusal_of
from tests.dossier.dossiers import details_of


def test_the_command_writes_one_file_and_refuses_to_replace_it(finished: RunFolder, tmp_path: Path) -> None:
    out = tmp_path / "out" / "page.html"
    assert str(out) in output_of("dossier", finished.path, "--out", out)
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]
    first = out.read_bytes()
    assert "exists" in str(refusal_of("dossier", finished.path, "--out", out))
    output_of("dossier", finished.path, "--out", out, "--overwrite")
    assert out.read_bytes() == first


def test_a_curve_is_drawn_for_the_page_after_its_cost_is_said(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'title = "-"\n[[selection]]\nname = "q 0.2"\nwhy = "-"\nby = { method = "fdr", q = 0.2 }\n', "utf-8"
    )
    monkeypatch.setattr(curve_survival, "load_plan", lambda: load_plan(plan))
    out = tmp_path / "page.html"
    result = call("dossier", finished.path, "--survival", "--out", out)
    assert "specifications, about" in result.stderr
    compared = [f["flag_id"] for f in finished.table("flags").to_pylist() if f["family"] != "contradiction"]
    pages = {about["id"]: about for about in details_of(out.read_text(encoding="utf-8"))}
    assert compared
    assert all("It is raised in" in pages[flag]["survival"]["sentence"] for flag in compared)
    assert "either read or drawn" in str(
        refusal_of("dossier", finished.path, "--survival", "--specifications", plan, "--out", tmp_path / "x.html")
    )


def test_a_program_reads_where_the_page_is(finished: RunFolder, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert json_of("dossier", finished.path, "--out", out) == {
        "out": str(out),
        "characters": len(out.read_text(encoding="utf-8")),
    }
