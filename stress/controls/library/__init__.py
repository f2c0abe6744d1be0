"""Negative controls, one a file, each declaring CONTROL: what must hold where there is nothing to find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from data.registry import declarations
from stress.controls.control import Control


@cache
def controls() -> Mapping[str, Control]:
    """Return every control by name, the name of its file, in alphabetical order.

    Example:
        >>> list(controls())
        ['leakage_canary', 'null_world', 'permuted_exposures', 'placebo_indicator']
    """
    declared = declarations("stress.controls.library", "CONTROL", Control)
    return MappingProxyType({name: replace(control, name=name) for name, control in declared.items()})
