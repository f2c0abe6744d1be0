"""Indicators that say something to one detector only, and would mislead those that take any count or share."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from features.indicator import Indicator

CLAIMED: Final = MappingProxyType({"repeat_lookups": "pairs", "team_shared_complaints": "co_naming"})
"""The one detector that reads an indicator, by the indicator's name."""


def claimed(indicator: Indicator) -> bool:
    """Say whether an indicator belongs to one detector alone."""
    return indicator.name in CLAIMED or same_scene(indicator)


def same_scene(indicator: Indicator) -> bool:
    """Say whether an indicator counts pairs that came out against the officer, of all pairs that came out at all.

    It is a proportion whose rows are joined to other rows of their own table: reports of colleagues at one scene.
    """
    return indicator.proportion and indicator.joined is not None and indicator.joined.table == indicator.table
