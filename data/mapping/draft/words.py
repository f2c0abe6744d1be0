"""How public releases call columns and values, and which of the contract's each looks like."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from data.mapping.draft.file_facts import ColumnContent, ContentKind
from data.schema import Column
from data.sources._cell_forms import fold
from data.sources.folder import header_key

SHORT = 3
"""Words of so few letters stand for a value only where they are all of it."""


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(files("data.mapping.draft").joinpath("words.toml").read_text(encoding="utf-8"))


def table_hints(words: Iterable[str]) -> dict[str, int]:
    """Return how many of some words tell of each table.

    Example:
        >>> table_hints(["trr", "date", "taser"])
        {'complaint': 0, 'use_of_force': 2}
    """
    given = list(words)
    return {table: sum(word in hints for word in given) for table, hints in _words()["tables"].items()}


def looks_like(header: str, table: str, column: str) -> int | None:
    """Return how much a header looks like a column of the contract; None where it does not.

    Example:
        >>> looks_like("Unique MOS ID", "officer", "officer_id"), looks_like("Date", "officer", "officer_id")
        (19, None)
    """
    own = set(header_key(header).split("_"))
    unwanted = set(_words()["unwanted"].get(column, ()))
    scores = [
        10 * len(phrase) - len(own - phrase)
        for phrase in (set(text.split()) for text in _words()["columns"][table].get(column, ()))
        if phrase <= own and not (own - phrase) & unwanted
    ]
    return max(scores, default=None)


def may_hold(content: ColumnContent, column: Column) -> bool:
    """Return whether a column's cells look like what a column of the contract holds."""
    kinds: tuple[ContentKind, ...] = ("numbers", "texts", "list")
    if column.temporal:
        kinds = ("days",)
    elif column.values or column.type == "BOOLEAN":
        kinds = ("list",)
    return content.kind in kinds


def best_column(contents: Iterable[ColumnContent], table: str, column: Column) -> ColumnContent | None:
    """Return the column that looks most like one of the contract, the first of several that do alike."""
    scored = [
        (score, content)
        for content in contents
        if (score := looks_like(content.header, table, column.name)) is not None and may_hold(content, column)
    ]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


def meaning(column: Column, value: str) -> str | None:
    """Return which value of a closed list a text stands for, empty for nothing; None where nobody can say.

    Example:
        >>> from data.contract import CONTRACT
        >>> outcome = CONTRACT["complaint"].column["outcome"]
        >>> meaning(outcome, "Substantiated (Charges)"), meaning(outcome, "Pending"), meaning(outcome, "XYZ")
        ('case_to_answer', '', None)
    """
    folded = fold(value)
    if folded in {fold(v) for v in column.values}:
        return next(v for v in column.values if fold(v) == folded)
    text = re.sub(r"[^a-z0-9]+", " ", value.lower()).strip()
    words = _words()["values"]
    scored = [
        (1000 * (text == phrase) + len(phrase), target)
        for target, phrases in words.get(column.name, {}).items()
        for phrase in phrases
        if text == phrase or (len(phrase) > SHORT and text.startswith(phrase))
    ]
    if scored:
        return str(max(scored)[1])
    return "" if text in words["nothing"] or not text else None
