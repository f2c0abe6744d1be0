"""Rules aside, whom the detectors of a run select: the very stages of a run on feature values that were altered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.table import FeatureTable
from models.panel import Panel, build_panel
from models.peers import peer_groups
from pipeline.compare import Detected, detect
from pipeline.flag import Selector, combined_p_values
from pipeline.settings import ByRate, Settings


@dataclass(frozen=True)
class Selected:
    """Of one panel, what every detector said and who was selected; `level` is the rate allowed, None by capacity."""

    view: Panel
    said: tuple[Detected, ...]
    chosen: npt.NDArray[np.bool_]
    level: float | None


def select(table: FeatureTable, settings: Settings) -> list[Selected]:
    """Run the detectors on feature values and select in each concern, as a run of one as-of date does."""
    detected = [d for d in detect(table, settings) if d.detector.family != "baseline"]
    selector = Selector(settings)
    found = []
    for view in {id(d.panel): d.panel for d in detected}.values():
        said = tuple(d for d in detected if d.panel is view)
        selection, level = selector.select(combined_p_values(said, settings), view)
        found.append(Selected(view, said, selection.chosen, level))
    return found


def whole_panel(table: FeatureTable, settings: Settings) -> Panel:
    """Return a panel of all indicators together, whatever they serve: for altering values, never for judging."""
    groups = peer_groups(table.subjects, smallest=settings.peers.smallest_group)
    panels = [build_panel(table, groups, settings.indicators, c) for c in ("standards", "welfare", "culture")]
    series = {s.key: s for p in panels for s in p.series}
    return Panel(table.kind, table.as_of, "standards", table.ids, groups, tuple(series[k] for k in sorted(series)))


def levels_of(settings: Settings) -> dict[str, float]:
    """Return the stated false discovery rate of each concern that is selected by one."""
    return {str(c): how.q for c, how in settings.selection.items() if isinstance(how, ByRate)}
