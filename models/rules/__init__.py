"""Contradiction rules, a file each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from data.registry import declarations
from models.contradictions.rule import Rule


@cache
def rules() -> Mapping[str, Rule]:
    """Return every contradiction rule by name, the name of its file, in alphabetical order.

    Example:
        >>> rules()["undeclared_interest"].concern
        'standards'
    """
    declared = declarations("models.rules", "RULE", Rule)
    return MappingProxyType({name: replace(rule, name=name) for name, rule in declared.items()})
