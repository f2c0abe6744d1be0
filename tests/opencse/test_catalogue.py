"""Everything declared is documented, and the documents are what the declarations say today."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.indicators import indicators
from models.baselines import baselines
from models.detectors import detectors
from models.rules import rules
from opencse.docs.catalogue_pages import entries, pages

FOLDER = Path(__file__).parents[2] / "docs" / "catalogue"
ROOT = FOLDER.parents[1]


def test_every_file_in_the_scanned_folders_is_in_the_catalogue() -> None:
    for folder, found in (
        ("features/indicators", indicators()),
        ("models/rules", rules()),
        ("models/detectors", detectors()),
    ):
        files = {p.stem for p in (ROOT / folder).glob("*.py")} - {"__init__"}
        assert files == set(found)
    assert {e.name for e in entries()} == {*indicators(), *rules(), *detectors(), *baselines()}


def test_no_page_is_missing_and_none_is_left_over() -> None:
    assert {p.name for p in FOLDER.glob("*.md")} == set(pages())


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_says_what_the_declaration_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"
