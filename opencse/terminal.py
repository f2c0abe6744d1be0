"""Writing to the terminal: results to standard output, progress and complaints to standard error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from data.errors import OpencseError

WIDEST = 160
"""How wide output is made when it goes to a file or a pipe, where nobody's window sets the width."""


def output() -> Console:
    """Return the console for results."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDEST)


def errors() -> Console:
    """Return the console for progress and complaints."""
    return Console(stderr=True, highlight=False)


def complain(error: OpencseError) -> None:
    """Print an error in the user's words."""
    first, *details = error.lines()
    console = errors()
    console.print(f"[bold red]Error:[/] {_escaped(first)}", soft_wrap=True)
    for line in details:
        console.print(_escaped(line), soft_wrap=True)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


def print_json(content: Any) -> None:
    """Print JSON for a program to read."""
    print(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a table; numbers stand right."""
    table = Table(header_style="bold")
    for at, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[at], int | float) for row in rows if row[at] is not None)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console = output()
    console.print(f"[bold]{_escaped(title)}[/]")  # above, not in the table, whose width may be less than the title's
    console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3g}" if isinstance(value, float) else _escaped(str(value))


@contextmanager
def steps(title: str) -> Iterator[Callable[[str], None]]:
    """Show which of a sequence of steps is under way, on standard error."""
    with _progress() as progress:
        task = progress.add_task(title, total=None)
        yield lambda text: progress.update(task, description=f"{title}: {text}")


@contextmanager
def share(title: str) -> Iterator[Callable[[str, float], None]]:
    """Show how much of a piece of work is done, on standard error."""
    with _progress() as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda text, done: progress.update(task, description=f"{title}: {text}", completed=done)


@contextmanager
def counted(title: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many of so many pieces are done and how long the rest will take, on standard error."""
    columns = (
        *(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        *(TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()),
    )
    with Progress(*columns, console=errors(), transient=True, speed_estimate_period=600) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.update(task, advance=count)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=errors(),
        transient=True,
    )
