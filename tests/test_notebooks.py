"""Every notebook runs from its first cell to its last, on the public API alone, and holds no outputs."""

from __future__ import annotations

import ast
import json
import runpy
import tempfile
from pathlib import Path

import pytest
import rich.style  # noqa: F401 - it draws a number when it is first imported, and no notebook may draw one

from opencse.docs.notebooks import notebook

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted((ROOT / "notebooks").glob("*.py"))

LONG = {"reproduce_and_replay", "how_false_positives_arise", "stress_a_detector_of_your_own", "audit_a_closed_tool"}
"""Those that make several runs; they are run with the long tests."""

TOPICS = {
    "from_records_to_a_flag",
    "reproduce_and_replay",
    "how_false_positives_arise",
    "stress_a_detector_of_your_own",
    "real_records",
    "audit_a_closed_tool",
}


def imported(script: Path) -> set[str]:
    """The modules that a script imports from, by their first name."""
    names = set()
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).split(".")[0])
    return names


def test_there_is_a_notebook_on_each_topic() -> None:
    assert {path.stem for path in SCRIPTS} >= TOPICS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_a_notebook_imports_nothing_of_opencse_but_its_public_api(script: Path) -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"opencse"}
    assert packages >= {"audit", "pipeline"}
    assert imported(script) & packages == set()
    source = script.read_text(encoding="utf-8")
    assert not any(f"opencse.{module.stem}" in source for module in (ROOT / "opencse").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_a_notebook_holds_no_outputs_and_says_first_what_its_reader_gets(script: Path) -> None:
    cells = json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    assert [cell["outputs"] for cell in cells if cell.get("outputs")] == []
    assert cells[0]["cell_type"] == "markdown"
    assert cells[0]["source"][0].startswith("# ")
    assert any(word in "".join(cells[0]["source"]).split() for word in ("You", "you"))


@pytest.mark.parametrize(
    "script",
    [pytest.param(p, marks=[pytest.mark.nightly] if p.stem in LONG else [], id=p.stem) for p in SCRIPTS],
)
def test_a_notebook_runs_from_top_to_bottom(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    runpy.run_path(str(script), run_name="notebook")
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "fault"), [("import os\n\n# %%\nprint()\n", "begins with"), ("# %% [markdown]\nprint()\n", "no comment")]
)
def test_a_script_that_is_no_notebook_is_refused(script: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        notebook(script)
