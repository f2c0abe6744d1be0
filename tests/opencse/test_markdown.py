"""Tables in Markdown hold any text in their cells, and templates ask for nothing that they are not given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from opencse.docs.markdown import render, table

CELLS = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\\"))


def cells_of(line: str) -> list[str]:
    """The cells of a line as a reader of Markdown splits it: at bars that no backslash stands before."""
    text = line.removeprefix("| ").removesuffix(" |").replace(r"\|", "\0")
    return [cell.replace("\0", "|") for cell in text.split(" | ")]


@given(st.lists(st.tuples(CELLS, CELLS.map(lambda text: text.replace(" | ", "||"))), max_size=4))
def test_a_table_has_a_line_for_each_row_and_gives_every_cell_back(rows: list[tuple[str, str]]) -> None:
    lines = table(["one", "two"], rows).split("\n")
    assert len(lines) == 2 + len(rows)
    for line, row in zip(lines[2:], rows, strict=True):
        assert cells_of(line) == list(row)


def test_a_line_end_in_a_cell_does_not_end_the_row() -> None:
    assert table(["a"], [["one\ntwo"]]).split("\n")[-1] == "| one two |"


def test_only_named_columns_stand_right() -> None:
    assert table(["a", "b"], [], right=["b"]).split("\n")[1] == "|---|---:|"


def test_a_template_that_lacks_a_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError, match="facts"):
        render("catalogue_detector.md.jinja", detector=type("Named", (), {"name": "n", "question": "q"}))
