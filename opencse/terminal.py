"""Writing to the terminal: results to standard output, progress, notes and errors to standard error.

Records, run folders, file names and options are text that somebody else wrote. All of it goes through `escaped`, and
none of it is read as markup, so that it can neither steer a terminal nor disguise what stands beside it.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.errors import MachineFault, OpencseError

if TYPE_CHECKING:
    from rich.progress import Progress

PIPE_WIDTH: Final = 160
"""Columns of output that goes to a file or a pipe, where no window sets the width."""

_page_width: ContextVar[int] = ContextVar("page_width", default=PIPE_WIDTH)
"""Columns of output that goes nowhere with a width of its own: a file, a pipe, or a pager's page."""

# Control characters, line and paragraph separators, surrogates (bytes of a path that are no UTF-8), and the invisible
# format characters: those that change the direction of text, and tags. The joiners U+200C and U+200D stay: scripts need
# them to spell names.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_PLAIN: Final = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}


class ReaderGone(Exception):
    """Whoever read standard output has closed it, as in `opencse flags RUN | head`: there is nothing left to do."""


class _Results(Console):
    """The console for results, which says that its reader is gone instead of ending the process."""

    def on_broken_pipe(self) -> NoReturn:
        raise ReaderGone


def escaped(text: str, *, layout: bool = False) -> str:
    r"""Return text with every character that could steer a terminal written as a visible escape.

    Escaped are control characters, among them the one that begins an ANSI sequence, characters that change the
    direction of text, invisible format characters, and bytes of a file name that are no UTF-8. `layout` keeps line ends
    and tabs.

    Example:
        >>> print(escaped("\x1b[31mred\u202e"))
        \x1b[31mred\u202e
        >>> escaped("[bold]München[/]")
        '[bold]München[/]'
    """

    def visible(match: re.Match[str]) -> str:
        character = match[0]
        if layout and character in "\n\t":
            return character
        return _PLAIN.get(character) or _code(character)

    return _UNSAFE.sub(visible, text)


def _code(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # how Python carries a byte of a file name that it could not decode
        return f"\\x{number - 0xDC00:02x}"
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _text(text: str, style: str = "") -> Text:
    return Text(escaped(text), style=style)


# ---------------------------------------------------------------- results


def print_text(text: str = "", *, label: str = "") -> None:
    """Print one paragraph of a result; a label stands before it in bold."""
    line = Text(escaped(text, layout=True))
    with _writing() as console:
        console.print(
            Text.assemble(_text(label, "bold"), "  ", line) if label and text else _text(label, "bold") + line
        )


def screen() -> os.terminal_size | None:
    """Return the size of the terminal that results go to, or None where they go to a file or a pipe, or are paged."""
    console = _Results()
    return os.terminal_size((console.width, console.height)) if console.is_terminal else None


@contextmanager
def paged() -> Iterator[None]:
    """Show the results printed meanwhile page by page on a terminal; to a file or a pipe they go as always.

    The pager is that of Python's help: the one that `PAGER` names, or `less`, or none where there is none.
    """
    window = screen()
    if window is None:
        yield
        return
    import pydoc

    page = io.StringIO()
    width = _page_width.set(window.columns)
    try:
        with redirect_stdout(page):
            yield
    finally:
        _page_width.reset(width)
    pydoc.pager(page.getvalue())


def clipped(text: str, width: int) -> str:
    """Return text that takes one line of so many characters, with an ellipsis where some is left out.

    Example:
        >>> clipped("no entry on 18 of 76 days", 12), clipped("short", 12)
        ('no entry on…', 'short')
    """
    line = " ".join(text.split())
    return line if len(line) <= width else line[: max(1, width - 1)].rstrip() + "…"


def print_items(texts: Iterable[str]) -> None:
    """Print a list of sentences, one a line."""
    for text in texts:
        print_text(f"  - {text}")


def print_source(text: str) -> None:
    """Print code, a page or a name as it is, but for characters that could steer a terminal."""
    with _writing() as console:
        console.file.write(escaped(text, layout=True) + "\n")


def print_json(content: Any) -> None:
    """Print JSON for a program to read, with unsafe characters as the escapes that JSON has for them.

    Example:
        >>> print_json({"name": "Ann\u202eexe", "day": date(2026, 1, 1)})
        {
          "day": "2026-01-01",
          "name": "Ann\\u202eexe"
        }
    """
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=not unicode, default=_plain)
    with _writing() as console:
        console.file.write(_UNSAFE.sub(_json_escape, text) + "\n")


def _json_escape(match: re.Match[str]) -> str:
    # What is unsafe outside strings is layout; inside them `json.dumps` has escaped line ends and tabs already.
    return match[0] if match[0] in "\n\t" else json.dumps(match[0])[1:-1] if ord(match[0]) != 0x7F else r"\u007f"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a table under a title; numbers stand right, and null is a dash."""
    table = Table(header_style="bold")
    for position, name in enumerate(columns):
        values = [row[position] for row in rows if row[position] is not None]
        numeric = bool(values) and all(isinstance(value, int | float) for value in values)
        table.add_column(_text(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_text(_cell(value)) for value in row))
    if title:  # above the table and not in it, because the table may be narrower
        print_text(label=title)
    with _writing() as console:
        console.print(table, soft_wrap=False)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


@contextmanager
def _writing() -> Iterator[Console]:
    """Give the console for results, and say it in a sentence when standard output cannot be written.

    Raises:
        ReaderGone: the reader closed the pipe.
        MachineFault: anything else, such as a full disk.
    """
    console = _Results(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console = _Results(highlight=False, soft_wrap=True, width=_page_width.get())
    try:
        yield console
        console.file.flush()
    except BrokenPipeError:
        raise ReaderGone from None
    except OSError as error:
        raise MachineFault(
            "Standard output cannot be written.",
            found=error.strerror or str(error),
            hint="What was printed is incomplete. Make room on the disk, and give the command again.",
        ) from error


def flush_results() -> None:
    """Write out what standard output still holds; it raises what writing raises."""
    with _writing():
        pass


# ---------------------------------------------------------------- progress, notes and errors


def error_console() -> Console:
    """Return the console for progress, notes and errors."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_note(text: str) -> None:
    """Print a note that is no part of the result."""
    error_console().print(_text(text))


def print_error(error: OpencseError) -> None:
    """Print an error: its sentence, then a line for each detail."""
    summary, *details = error.lines()
    console = error_console()
    console.print(Text.assemble(("Error:", "bold red"), " ", escaped(summary)))
    for line in details:
        console.print(Text(escaped(line, layout=True)))


def prepare_streams() -> None:
    """Let standard output and error replace what their encoding lacks: a dash by a hyphen, the rest by an escape."""
    import codecs

    codecs.register_error("opencse_plain", _replacement)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="opencse_plain")


_ASCII: Final = str.maketrans({"–": "-", "—": "-", "…": "...", "±": "+/-", "‘": "'", "’": "'", "“": '"', "”": '"'})


def _replacement(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_ASCII)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


def close_results() -> None:
    """Write out what standard output holds, or drop it where that fails: the interpreter would try once more."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)


@contextmanager
def steps(title: str) -> Iterator[Callable[[str], None]]:
    """Show which of a sequence of steps is under way."""
    with _progress("bar") as progress:
        task = progress.add_task(escaped(title), total=None)
        yield lambda text: progress.update(task, description=escaped(f"{title}: {text}"))


@contextmanager
def share(title: str) -> Iterator[Callable[[str, float], None]]:
    """Show how much of a piece of work is done, from 0 to 1."""
    with _progress("bar") as progress:
        task = progress.add_task(escaped(title), total=1.0)
        yield lambda text, done: progress.update(task, description=escaped(f"{title}: {text}"), completed=done)


@contextmanager
def counted(title: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many of so many pieces are done and how long the rest will take."""
    with _progress("count") as progress:
        task = progress.add_task(escaped(title), total=total)
        yield lambda count: progress.update(task, advance=count)


def _progress(kind: Literal["bar", "count"]) -> Progress:
    # Imported here because it takes longer than all the rest, and `--help` shows no progress.
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    description = TextColumn("{task.description}", markup=False)
    begin = (SpinnerColumn(), description, BarColumn())
    console = error_console()
    silent = not console.is_terminal  # nobody watches a file grow
    if kind == "bar":
        return Progress(*begin, TimeElapsedColumn(), console=console, transient=True, disable=silent)
    end = (MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    # Pieces take minutes each: a short window would forget the speed between two of them.
    return Progress(*begin, *end, console=console, transient=True, disable=silent, speed_estimate_period=600)
