"""A settings file as it stands: read into a tree of plain values, and laid over another."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.errors import UsageError


def read_tree(path: Path) -> dict[str, Any]:
    """Return the content of a settings file, unchecked.

    Raises:
        UsageError: the file cannot be read as TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a byte order mark first
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError("The settings file cannot be read.", found=str(error), where=str(path)) from error


def laid_over(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one settings tree over another; a selection is replaced whole, since its keys depend on its method.

    Example:
        >>> laid_over({"seed": 1, "selection": {"method": "fdr", "q": 0.1}}, {"selection": {"method": "capacity"}})
        {'seed': 1, 'selection': {'method': 'capacity'}}
    """
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        whole = isinstance(value, dict) and "method" in value
        merged[key] = (
            laid_over(known, value) if isinstance(known, dict) and isinstance(value, dict) and not whole else value
        )
    return merged
