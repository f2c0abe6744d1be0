"""The page on the stated budget tells from which dose on a promise is broken, and what never moves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from opencse.docs.stated_budget_page import OF, RESULTS, stated_budget_page


def cell(world: str, of: tuple[str, str], scenario: str, dose: float, achieved: float, verdict: str) -> dict[str, Any]:
    figures = {"worlds": 5.0, "worlds_with_any": 1.0, "standard_error": 0.1, "upper": 0.5, "innocents_per_46000": 3.0}
    place = {"world": world, "subject_kind": of[0], "concern": of[1], "scenario": scenario, "dose": dose}
    return {**place, **figures, "achieved": achieved, "verdict": verdict}


def written(folder: Path) -> str:
    """The page of a statement: rings break the promise in standards from 5 on, and late records move nothing."""
    cells = []
    for world in ("drawn", "drawn-null"):
        for of in OF:
            own = 0.8 if of[1] == "welfare" else 0.0
            cells.append(cell(world, of, "twin", 0.0, own, "exceeds" if own else "holds"))
            for dose in (2.0, 5.0):
                broken = of[1] == "standards" and dose == 5.0
                cells.append(cell(world, of, "ring", dose, 0.6 if broken else own, "exceeds" if broken else "holds"))
                cells.append(cell(world, of, "late", dose, own, "holds"))
    place = folder / RESULTS
    place.parent.mkdir(parents=True)
    about = {"title": "t", "seeds": [1, 2, 3, 4, 5], "people": 2000, "generators": [7], "target": 0.1}
    place.write_text(json.dumps({**about, "cells": cells}), encoding="utf-8")
    return stated_budget_page(folder)


def test_the_dose_that_breaks_a_promise_stands_out(tmp_path: Path) -> None:
    (row,) = (line for line in written(tmp_path).splitlines() if line.startswith("| [ring]"))
    assert row == "| [ring](ring.md) | 2, 5 | 0%, **60%** | 0%, 0% | 0%, 0% | 0%, **60%** | 0%, 0% | 0%, 0% |"


def test_scenarios_that_move_nothing_are_named_and_not_listed(tmp_path: Path) -> None:
    page = written(tmp_path)
    assert "No share moves at any dose of late." in page
    assert "[late]" not in page


def test_a_concern_without_a_rate_that_holds_is_said_first(tmp_path: Path) -> None:
    page = written(tmp_path)
    assert "80% of its flags are false where 10% were promised" in page
    assert "| welfare | with patterns | 80% (standard error 10%) | 50% | **exceeded** | 3 |" in page
