"""Indicators that compare officers at one scene: each counted row is a pair of reports, one of them a colleague's."""

from __future__ import annotations

from features.base import Indicator


def same_scene(indicator: Indicator) -> bool:
    """Say whether an indicator counts pairs that came out against the officer, of all pairs that came out at all.

    It is a proportion whose rows are joined to other rows of their own table.
    """
    return indicator.proportion and indicator.joined is not None and indicator.joined.table == indicator.table
