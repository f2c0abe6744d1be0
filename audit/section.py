"""A section of a short report: one table, and sentences beneath it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """One table of a short report, with sentences beneath it; without rows it is only sentences."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    sentences: tuple[str, ...] = ()
