"""Sections of a report on the terminal: a title, a table and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from opencse.terminal import print_table, print_text

if TYPE_CHECKING:
    from audit.section import Section


MOST: Final = 10
"""How many rows of all sections together are shown on a terminal, unless everything is asked for."""


def print_sections(sections: Sequence[Section], *, most: int | None = None) -> None:
    """Print each section: its table, or its title where there is none, and its sentences.

    With `most`, the first so many rows of all of them together, with a line that says how many were left out.
    """
    shown, left = sections, 0
    if most is not None:
        shown = list(_first_rows(sections, most))
        left = sum(len(s.rows) for s in sections) - sum(len(s.rows) for s in shown)
    for section in shown:
        if section.rows:
            print_table(section.title, section.columns, section.rows)
        else:
            print_text(label=section.title)
        for sentence in section.sentences:
            print_text(f"  {sentence}")
        print_text()
    if left:
        print_text(f"{left:,} more rows: add --full, or --out DIR for tables.")


def rows_for(screen: object | None, *, full: bool) -> int | None:
    """Return how many rows fit where results go to: a few on a terminal, all in a file, a pipe or with `--full`.

    Example:
        >>> rows_for(None, full=False) is None
        True
    """
    return None if full or screen is None else MOST


def _first_rows(sections: Sequence[Section], most: int) -> Iterator[Section]:
    """Yield sections with the first rows of all of them; those of which nothing is left are left out."""
    for section in sections:
        if section.rows and most == 0:
            continue
        yield replace(section, rows=section.rows[:most])
        most -= min(most, len(section.rows))
