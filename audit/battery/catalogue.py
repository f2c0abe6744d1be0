"""The controls there are: whatever stands in `audit/controls`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import audit.controls
from audit.battery.control import Control
from data.errors import UsageError


@cache
def controls() -> Mapping[str, Control]:
    """Return every control by name, the name of its file, in alphabetical order."""
    names = sorted(m.name for m in pkgutil.iter_modules(audit.controls.__path__))
    return MappingProxyType({name: _declared(name) for name in names})


def _declared(name: str) -> Control:
    declared = getattr(importlib.import_module(f"{audit.controls.__name__}.{name}"), "CONTROL", None)
    if not isinstance(declared, Control):
        raise UsageError(
            f"The file {name}.py does not declare a control.", expected="CONTROL = Control(...)", where=name
        )
    return replace(declared, name=name)
