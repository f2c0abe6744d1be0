"""The command `stress-overview`, as its users call it; what stands out is tested beside the plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stress import overview
from stress.overview import Overview
from tests.command_line import json_of, output_of, refusal_of

CASE = {"world": "demo", "people": 2000, "set": "rate", "scenario": "duplicates", "dose": 0.5, "concern": "standards"}
HEADLINE = CASE | {"twin": 187.0, "effect": 149.0, "low": 17.0, "high": 280.0, "gained": 6.5, "lost": 0.0, "seeds": 4}
BROKEN = CASE | {
    "from_dose": 0.05,
    "subject_kind": "officer",
    "measure": "false_positive_rate",
    "by": "sex",
    "group": "female",
    "twin": 0.004,
    "effect": 0.01,
    "low": 0.002,
    "high": 0.018,
}
METHOD = CASE | {"scope": "baseline", "name": "raw_complaint_count", "effect": -0.02, "group": "all", "effect_group": 0}


def stub(monkeypatch: pytest.MonkeyPatch, **parts: list[dict[str, Any]]) -> None:
    lists = {"headline": [], "broken": [], "methods": []} | parts
    results = Overview(**lists, failures=(), effects=pd.DataFrame(), controls={})
    monkeypatch.setattr(overview, "overview", lambda _: results)


def test_changes_are_shown_with_intervals_and_methods_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, headline=[HEADLINE], broken=[BROKEN], methods=[METHOD])
    text = output_of("stress-overview", "folder")
    assert "+149 [+17, +280]" in text
    assert "sex: female" in text
    assert "+1.0 [+0.2, +1.8]" in text
    assert "raw_complaint_count (baseline)" in text
    assert "-2.0" in text
    assert str(Path("folder") / "effects.parquet") in text
    assert json_of("stress-overview", "folder")["headline"] == [HEADLINE]


def test_where_no_harm_stands_out_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch)
    assert "No harm stands out" in output_of("stress-overview", "folder")


def test_a_folder_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    assert refusal_of("stress-overview", tmp_path).exit_code == 2
