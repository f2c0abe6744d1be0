"""Where records come from: one source a file, named after its file, each declaring `SOURCE`."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

from data.errors import UsageError
from data.registry import declarations
from data.source import Source


def names() -> list[str]:
    """Return the names of all sources in alphabetical order.

    Example:
        >>> names()
        ['chicago', 'folder']
    """
    return list(_sources())


def find(name: str) -> Source:
    """Return the source of that name.

    Raises:
        UsageError: there is none; the message names those there are.

    Example:
        >>> find("folder").name
        'folder'
    """
    source = _sources().get(name)
    if source is None:
        raise UsageError(
            f"There is no source of records called '{name}'.",
            expected="one of " + ", ".join(names()),
            hint="A source is a file in data/sources/.",
        )
    return source


@cache
def _sources() -> MappingProxyType[str, Source]:
    return MappingProxyType(declarations(__name__, "SOURCE", Source))  # type: ignore[type-abstract]  # any of its subclasses
