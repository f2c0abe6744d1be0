"""Sections of a report on the terminal: all of them in a pipe, the first rows of all together on a screen."""

from __future__ import annotations

import pytest

from audit.section import Section
from opencse.sections import MOST, print_sections, rows_for

SECTIONS = [
    Section("First", ("name",), tuple((f"a{n:02}",) for n in range(7)), ("A sentence.",)),
    Section("Second", ("name",), tuple((f"b{n:02}",) for n in range(7))),
    Section("Third", ("name",), tuple((f"c{n:02}",) for n in range(7))),
    Section("Last", sentences=("The end.",)),
]


def test_everything_is_printed_where_nothing_limits_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_sections(SECTIONS)
    text = capsys.readouterr().out
    assert all(f"{letter}{n:02}" in text for letter in "abc" for n in range(7))
    assert "--full" not in text


def test_a_screen_gets_the_first_rows_of_all_and_how_many_there_are_besides(capsys: pytest.CaptureFixture[str]) -> None:
    print_sections(SECTIONS, most=10)
    text = capsys.readouterr().out
    assert [n for n in range(7) if f"b{n:02}" in text] == [0, 1, 2]
    assert "a06" in text
    assert "Third" not in text
    assert "The end." in text
    assert "11 more rows: add --full" in text


def test_only_a_terminal_that_is_not_asked_for_everything_limits_rows() -> None:
    assert rows_for(None, full=False) is None
    assert rows_for((80, 24), full=True) is None
    assert rows_for((80, 24), full=False) == MOST
