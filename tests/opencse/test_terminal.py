"""What reaches a terminal: nothing that steers it, nothing taken for markup, and JSON that a program reads back."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import MachineFault, OpencseError
from opencse import terminal

ATTACK = "\x1b]8;;http://elsewhere\x07[red]click[/red]\x1b[2J\u202etxt.exe\r\x9b31m\udcff"
"""A link, a cleared screen, reversed text, an overwritten line, an 8-bit control, and a byte that is no UTF-8."""

UNSAFE = ("Cc", "Cs", "Zl", "Zp")
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def unsafe_in(text: str) -> set[str]:
    """The characters of a text that could steer a terminal, line ends and tabs aside."""
    return {c for c in text if c not in "\n\t" and (unicodedata.category(c) in UNSAFE or c in BIDIRECTIONAL)}


@given(st.text(alphabet=st.characters(codec=None)))
def test_escaped_text_holds_nothing_that_steers_a_terminal(text: str) -> None:
    assert unsafe_in(terminal.escaped(text, layout=True)) == set()
    assert not set("\n\t") & set(terminal.escaped(text))


@given(st.text(alphabet=st.characters(exclude_categories=("C", "Zl", "Zp"))))
def test_text_without_such_characters_is_left_as_it_is(text: str) -> None:
    assert terminal.escaped(text) == text


def test_names_of_all_scripts_keep_their_joiners() -> None:
    assert terminal.escaped("می\u200cخواهم, क्\u200dष") == "می\u200cخواهم, क्\u200dष"


PRINTERS = {
    "a paragraph": lambda: terminal.print_text(ATTACK, label=ATTACK),
    "a list": lambda: terminal.print_items([ATTACK]),
    "code": lambda: terminal.print_source(ATTACK),
    "JSON": lambda: terminal.print_json({ATTACK: [ATTACK]}),
    "a table": lambda: terminal.print_table(ATTACK, [ATTACK, "b"], [(ATTACK, 1)]),
    "a note": lambda: terminal.print_note(ATTACK),
    "an error": lambda: terminal.print_error(OpencseError(ATTACK, found=ATTACK, where=ATTACK, hint=ATTACK)),
}


@pytest.mark.parametrize("printer", PRINTERS)
def test_hostile_text_reaches_a_terminal_escaped(printer: str, capsys: pytest.CaptureFixture[str]) -> None:
    PRINTERS[printer]()
    written = "".join(capsys.readouterr())
    assert unsafe_in(written) == set()
    assert "[red]click[/red]" in written.replace("\n", "").replace("│", "").replace(" ", "")


def test_progress_names_what_is_under_way_as_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.steps(ATTACK) as step, terminal.share(ATTACK) as share:
        step(ATTACK)
        share(ATTACK, 0.5)
    assert unsafe_in(capsys.readouterr().err) == set()


def test_brackets_and_backslashes_of_a_path_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    path = r"C:\[bold]records[/bold]\[red]"
    terminal.print_error(OpencseError("The file is not there.", where=path))
    terminal.print_text(path, label=path)
    terminal.print_table("t", ["path"], [(path,)])
    assert "".join(capsys.readouterr()).count(path) == 4


@given(st.dictionaries(st.text(), st.text()))
def test_json_is_read_back_as_it_was(content: dict[str, str]) -> None:
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        terminal.print_json(content)
    assert json.loads(stream.getvalue()) == content
    assert unsafe_in(stream.getvalue()) == set()


def test_numbers_are_grouped_null_is_a_dash_and_truth_is_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_table("t", ["a", "b", "c", "d"], [(12345, None, True, 0.12345)])
    cells = capsys.readouterr().out.splitlines()[-2].split("│")[1:-1]
    assert [cell.strip() for cell in cells] == ["12,345", "–", "yes", "0.123"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_encoding_without_dashes_gets_hyphens(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    terminal.prepare_streams()
    terminal.print_text("0 – 1 … 2 ± 3 Ω")
    terminal.print_table("t", ["a"], [(None,)])
    terminal.print_json({"name": "Ω"})
    written = raw.getvalue().decode(encoding)
    expected = (
        "0 – 1 … 2 ± 3 Ω" if encoding == "utf-8" else f"0 - 1 ... 2 {'±' if encoding == 'latin-1' else '+/-'} 3 \\u03a9"
    )
    assert written.splitlines()[0] == expected
    assert json.loads(written[written.index("{") :]) == {"name": "Ω"}


class _Full(io.StringIO):
    """A stream with no room left."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


def test_output_that_cannot_be_written_is_a_fault_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", _Full(OSError(28, "No space left on device")))
    for printer in ("a paragraph", "code", "JSON", "a table"):
        with pytest.raises(MachineFault, match="No space left on device"):
            PRINTERS[printer]()


def test_a_reader_that_is_gone_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", _Full(BrokenPipeError()))
    for printer in ("a paragraph", "code", "JSON", "a table"):
        with pytest.raises(terminal.ReaderGone):
            PRINTERS[printer]()
