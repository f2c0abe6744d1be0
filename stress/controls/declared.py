"""The controls there are: whatever stands in `stress/controls/library`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from data.registry import declarations
from stress.controls.control import Control


@cache
def controls() -> Mapping[str, Control]:
    """Return every control by name, the name of its file, in alphabetical order."""
    declared = declarations("stress.controls.library", "CONTROL", Control)
    return MappingProxyType({name: replace(control, name=name) for name, control in declared.items()})
