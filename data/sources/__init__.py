"""Where records come from, a file a source.

Every module of this folder that does not start with an underscore, and is not `base`, declares exactly one `Source`;
its file name is the source's name. Adding a source means adding a file.
"""

from __future__ import annotations

import inspect
import pkgutil
from functools import cache
from importlib import import_module
from types import MappingProxyType

from data.errors import UsageError
from data.sources.base import Source


def names() -> list[str]:
    """Return the names of all sources in alphabetical order."""
    return sorted(_sources())


def find(name: str) -> Source:
    """Return the source of that name.

    Raises `UsageError`, naming the known sources, when there is none.

    Example:
        >>> find("folder").name
        'folder'
    """
    found = _sources().get(name)
    if found is None:
        raise UsageError(
            f"There is no source of records called '{name}'.",
            expected="one of " + ", ".join(names()),
            hint="A source is a file in data/sources/.",
        )
    return found


@cache
def _sources() -> MappingProxyType[str, Source]:
    modules = [m.name for m in pkgutil.iter_modules(__path__) if m.name != "base" and not m.name.startswith("_")]
    return MappingProxyType({name: _declared(name) for name in modules})


def _declared(name: str) -> Source:
    module = import_module(f"{__name__}.{name}")
    kinds = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Source) and kind.__module__ == module.__name__ and not inspect.isabstract(kind)
    ]
    if len(kinds) != 1:
        raise UsageError(
            f"The file data/sources/{name}.py does not declare a source.",
            expected="exactly one subclass of Source",
            found=", ".join(kind.__name__ for kind in kinds) or "none",
        )
    return kinds[0]()
