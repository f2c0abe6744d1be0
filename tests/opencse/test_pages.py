"""Every page that is made from the code is what the code says today, and everything declared has its page."""

from __future__ import annotations

from functools import cache

from features.indicators import indicators
from models.baselines import baselines
from models.detectors import detectors
from models.rules import rules
from opencse.docs.__main__ import ROOT, left_over, pages
from opencse.docs.catalogue_pages import entries


@cache
def texts() -> dict[str, str]:
    return pages()


def test_every_page_is_what_the_code_says() -> None:
    different = [path for path, text in texts().items() if (ROOT / path).read_text(encoding="utf-8") != text]
    assert different == [], "run `make docs`"


def test_no_page_is_left_over_of_what_is_gone() -> None:
    assert left_over(texts(), ROOT) == []
    one = "docs/catalogue/complaints.md"
    fewer = {path: text for path, text in texts().items() if path != one}
    assert left_over(fewer, ROOT) == [ROOT / one]


def test_everything_declared_is_in_the_catalogue() -> None:
    kinds = {"indicators": indicators(), "rules": rules(), "detectors": detectors(), "baselines": baselines()}
    assert [entry.name for entry in entries()] == [name for declared in kinds.values() for name in declared]
    for name in (entry.name for entry in entries()):
        assert f"docs/catalogue/{name}.md" in texts()


def test_pages_of_markdown_end_in_one_newline_and_hold_no_gap() -> None:
    for path, text in texts().items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        prose = "```".join(text.split("```")[::2])  # SQL may have empty lines of its own
        assert "\n\n\n" not in prose, path
