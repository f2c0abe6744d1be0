"""Feature values that a control alters: all of a kind of subject together, and what the stage makes of them then."""

from __future__ import annotations

from data.vocabulary import CONCERNS
from features.table import FeatureTable
from models.panel import Panel, build_panel
from models.peers import peer_groups
from pipeline.compare import Comparison, compare
from pipeline.settings import Settings


def compare_altered(table: FeatureTable, settings: Settings) -> tuple[Comparison, ...]:
    """Compare altered values as a run of one as-of date does; baselines, which feed no flag, are left out."""
    return compare(table, settings, with_baselines=False)


def whole_panel(table: FeatureTable, settings: Settings) -> Panel:
    """Return a panel of all indicators together, whatever they serve: for altering values, never for scoring."""
    groups = peer_groups(table.subjects, smallest=settings.peers.smallest_group)
    panels = [build_panel(table, groups, settings.indicators, concern) for concern in CONCERNS]
    # A series that serves several concerns is the same values each time.
    series = {s.key: s for p in panels for s in p.series}
    return Panel(table.kind, table.as_of, "standards", table.ids, groups, tuple(series[k] for k in sorted(series)))
