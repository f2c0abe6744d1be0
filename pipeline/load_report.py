"""What became of the records: the files read, the rows of each table, and the rules that rows broke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.sources.base import InputFile


@dataclass(frozen=True)
class TableCount:
    """How many rows of a table came in, were loaded and were quarantined."""

    table: str
    rows_in: int
    loaded: int
    quarantined: int


@dataclass(frozen=True)
class RuleCount:
    """How many rows of a table break one rule, with the expectation that counted them as well.

    `rejects` says whether such a row is left out. `verdict` is Great Expectations' own result as plain data.
    """

    table: str
    rule: str
    says: str
    rejects: bool
    broken: int
    verdict: Mapping[str, Any]


@dataclass(frozen=True)
class Loaded:
    """The outcome of loading: what was read, what remains of it, and what a reader should know."""

    source: str
    inputs: tuple[InputFile, ...]
    counts: tuple[TableCount, ...]
    absent: tuple[str, ...]
    notes: tuple[str, ...]
    rules: tuple[RuleCount, ...]
