"""What can be said of a value: its exposure, its status, and whether the whole of its window could be seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from data.arrays import Bools, Integers
from data.calendar import day_number
from data.vocabulary import SubjectKind
from features.covered import covered_windows, days_covered
from features.gaps.sources import BEARABLE, Sources
from features.indicator import Indicator, NoExposure
from features.table import NO_EXPOSURE, OK, SOURCE_GAP, TOO_FEW, Cells, FeatureTable
from features.windows.aggregation import AggregatesOfDay


@dataclass(frozen=True)
class Visibility:
    """The subjects of a day, the first day there was of each, and how well the sources can see them."""

    kind: SubjectKind
    day: date
    subjects: pa.Table
    since: Integers
    sources: Sources

    def days_lost(self, tables: Iterable[str], window: int) -> Integers:
        """Return for how many days of a window a source was silent, for each subject by area."""
        by_area = self.sources.days_lost(self.day, window, tables)
        area = np.asarray(self.subjects["area_id"].fill_null(-1).to_numpy(), dtype=np.int64)
        lost = np.full(len(area), by_area.pop(None))
        for unit, days in by_area.items():
            lost[area == unit] = days
        return lost

    def partial(self, tables: Iterable[str], window: int) -> Bools:
        """Return of whom only part of a window can be seen because they, or the records, do not reach back so far."""
        if not self.sources.reaches_back(self.day, window, tables):
            return np.full(len(self.subjects), True)
        return self.since > day_number(self.day) - window


def feature_table(indicators: Sequence[Indicator], view: Visibility, aggregates: AggregatesOfDay) -> FeatureTable:
    """Return the values of one day with what can be said of each."""
    tables = {i.name: i.tables for i in indicators}
    cells = {(i.name, w): _cells(i, w, aggregates, view, tables) for i in indicators for w in i.windows}
    return FeatureTable(view.kind, view.day, view.subjects, dict(sorted(cells.items())))


def _cells(
    indicator: Indicator,
    window: int,
    aggregates: AggregatesOfDay,
    view: Visibility,
    tables: Mapping[str, tuple[str, ...]],
) -> Cells:
    counted, exposed = covered_windows(indicator, window, tables, as_of=view.day, sources=view.sources)
    own = aggregates[indicator.name, counted]
    n = len(own.value)
    exposure, status = np.full(n, np.nan), np.full(n, OK, dtype=np.int8)
    lost = view.days_lost(indicator.tables, window)
    if not isinstance(indicator.exposure, NoExposure):
        opportunity = aggregates.get((indicator.exposure, exposed))
        lost_to_exposure = view.days_lost(tables.get(indicator.exposure, ()), window)
        unobserved = lost_to_exposure * BEARABLE > window
        exposure = np.full(n, np.nan) if opportunity is None else np.where(unobserved, np.nan, opportunity.value)
        status[exposure < indicator.minimum_exposure] = TOO_FEW
        status[np.isnan(exposure) | (exposure <= 0)] = NO_EXPOSURE
        lost = np.maximum(lost, lost_to_exposure)
    # A silent source is not a source that tells of nothing: say nothing rather than zero.
    silent = lost * BEARABLE > window
    status[silent] = SOURCE_GAP
    value = np.where(silent, np.nan, own.value)
    days = days_covered(indicator, window, tables, as_of=view.day, sources=view.sources)
    partial = view.partial(indicator.tables, window) | (lost > 0) | (min(counted, exposed) < window)
    return Cells(indicator.name, window, value, exposure, own.n_rows, status, partial, days if days < window else None)
