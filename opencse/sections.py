"""Sections of a report on the terminal: a title, a table and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opencse.terminal import print_table, print_text

if TYPE_CHECKING:
    from audit.section import Section


def print_sections(sections: Sequence[Section]) -> None:
    """Print each section: its table, or its title where there is none, and its sentences."""
    for section in sections:
        if section.rows:
            print_table(section.title, section.columns, section.rows)
        else:
            print_text(label=section.title)
        for sentence in section.sentences:
            print_text(f"  {sentence}")
        print_text()
