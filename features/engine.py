"""The engine: all indicators of all subjects on many as-of dates, in one pass over each table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.arrays import Floats
from data.calendar import day_number
from data.store import Store
from data.vocabulary import SubjectKind
from features.compile.scan import Scan, scans
from features.compile.scan_query import rows_query
from features.formula import combine
from features.gaps.source_gaps import BEARABLE, Sources
from features.indicator import Indicator, NoExposure
from features.subjects import in_service_since, subjects
from features.table import NO_EXPOSURE, OK, SOURCE_GAP, TOO_FEW, Cells, FeatureTable
from features.windows.merge import merge
from features.windows.timeline import timeline

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

EVERYTHING: Final = Sources()
"""Sources without any gap, which reach back without end."""


@dataclass(frozen=True)
class Skipped:
    """An indicator that could not be computed, and the absent tables that it needs."""

    indicator: str
    absent: tuple[str, ...]


def computable(indicators: Sequence[Indicator], present: set[str]) -> tuple[list[Indicator], list[Skipped]]:
    """Split indicators into those whose tables are all there and those that must be skipped."""
    ready, skipped = [], []
    for indicator in indicators:
        absent = tuple(sorted(set(indicator.tables) - present))
        if absent:
            skipped.append(Skipped(indicator.name, absent))
        else:
            ready.append(indicator)
    return ready, skipped


def compute(
    store: Store, indicators: Sequence[Indicator], *, kind: SubjectKind, as_of: date, sources: Sources = EVERYTHING
) -> FeatureTable:
    """Return the values of the indicators about one kind of subject, for everybody in service on an as-of date.

    See `compute_all`, of which this is the case of one date and one kind.
    """
    return compute_all(store, indicators, kinds=[kind], as_ofs=[as_of], sources=sources)[as_of, kind]


def compute_all(
    store: Store,
    indicators: Sequence[Indicator],
    *,
    kinds: Iterable[SubjectKind],
    as_ofs: Iterable[date],
    sources: Sources = EVERYTHING,
) -> dict[tuple[date, SubjectKind], FeatureTable]:
    """Return the values of the indicators on all as-of dates, each for everybody then in service, by date and kind.

    Indicators about a kind of subject that is not asked for, or whose tables are absent, are left out. A subject
    without any counted row gets 0 or null as the indicator says; where `sources` has a gap in the window, nothing is
    said. Nothing known on or after an as-of date has any effect on that date's values, and no date's values depend on
    which others are computed with it.
    """
    days = sorted(set(as_ofs))
    found: dict[tuple[date, SubjectKind], FeatureTable] = {}
    for kind in kinds:
        ready, _ = computable([i for i in indicators if i.subject == kind], store.tables("loaded"))
        who = {day: subjects(store, kind=kind, as_of=day) for day in days}
        found |= {(day, kind): table for day, table in _tables(store, ready, kind, who, sources).items()}
    return {(day, kind): found[day, kind] for day in days for kind in kinds}


@dataclass(frozen=True)
class _Raw:
    """A value for each subject, NaN where there is none, and the number of rows behind it."""

    value: Floats
    n_rows: Whole


Raws = dict[tuple[str, int], _Raw]


def _tables(
    store: Store, indicators: Sequence[Indicator], kind: SubjectKind, who: Mapping[date, pa.Table], sources: Sources
) -> dict[date, FeatureTable]:
    ids = {day: np.asarray(table["subject_id"].to_numpy(), dtype=np.int64) for day, table in who.items()}
    everybody = np.unique(np.concatenate([*ids.values(), np.empty(0, dtype=np.int64)]))
    at = {day: np.searchsorted(everybody, own) for day, own in ids.items()}
    raw: dict[date, Raws] = {day: {} for day in who}
    missing = {i.name: 0.0 if i.missing == "zero" else np.nan for i in _with_parts(indicators)}
    for scan in scans([i for i in _with_parts(indicators) if i.aggregate != "formula"]):
        line = timeline(who, scan.windows)
        rows = store.arrow(rows_query(scan, line), step=_step(scan, kind, who))
        for (name, window, day), merged in merge(scan, line, rows, everybody):
            n_rows = merged.n_rows[at[day]]
            value = np.where(n_rows > 0, merged.value[at[day]].astype(np.float64), missing[name])
            raw[day][name, window] = _Raw(value, n_rows)
    begun = {day: in_service_since(store, kind=kind, as_of=day, ids=ids[day]) for day in who}
    seen = {day: _Seen(kind, day, who[day], begun[day], sources) for day in who}
    return {day: _table(indicators, seen[day], raw[day]) for day in who}


def _with_parts(indicators: Sequence[Indicator]) -> list[Indicator]:
    """Return the indicators and those that formulas among them read, by name."""
    found = {i.name: i for i in indicators}
    for indicator in indicators:
        found |= {part.name: part for part in indicator.parts}
    return [found[name] for name in sorted(found)]


def _step(scan: Scan, kind: SubjectKind, days: Iterable[date]) -> str:
    """Name a scan by the dates, the subject, the table and the first of its indicators."""
    first, last = min(days), max(days)
    span = str(first) if first == last else f"{first}_to_{last}"
    return f"{span}/features/{kind}/{scan.source.name}/{scan.model.name}"


@dataclass(frozen=True)
class _Seen:
    """Who is looked at on a day, since when, and how well the sources can see them."""

    kind: SubjectKind
    day: date
    who: pa.Table
    begun: Whole
    sources: Sources

    def lost(self, tables: Iterable[str], window: int) -> Whole:
        """Return how many days of a window a source was silent, for each."""
        days = self.sources.days_lost(self.day, window, tables)
        area = np.asarray(self.who["area_id"].fill_null(-1).to_numpy(), dtype=np.int64)
        lost = np.full(len(area), days.pop(None))
        for unit, number in days.items():
            lost[area == unit] = number
        return lost

    def partial(self, tables: Iterable[str], window: int) -> Flags:
        """Return of whom only part of a window can be seen because they, or the records, do not reach back so far."""
        if not self.sources.reaches_back(self.day, window, tables):
            return np.full(len(self.who), True)
        return self.begun > day_number(self.day) - window


def _table(indicators: Sequence[Indicator], seen: _Seen, raw: Raws) -> FeatureTable:
    for indicator in indicators:
        if indicator.aggregate == "formula":
            for window in indicator.windows:
                value = combine(indicator, {part.name: raw[part.name, window].value for part in indicator.parts})
                n_rows = np.sum([raw[part.name, window].n_rows for part in indicator.parts], axis=0)
                raw[indicator.name, window] = _Raw(value, n_rows)
    tables = {i.name: i.tables for i in indicators}
    cells = {(i.name, w): _cells(i, w, raw, seen, tables) for i in indicators for w in i.windows}
    return FeatureTable(seen.kind, seen.day, seen.who, dict(sorted(cells.items())))


def _cells(indicator: Indicator, window: int, raw: Raws, seen: _Seen, tables: Mapping[str, tuple[str, ...]]) -> Cells:
    own = raw[indicator.name, window]
    n = len(own.value)
    exposure, status = np.full(n, np.nan), np.full(n, OK, dtype=np.int8)
    lost = seen.lost(indicator.tables, window)
    if not isinstance(indicator.exposure, NoExposure):
        opportunity = raw.get((indicator.exposure, window))
        unseen = seen.lost(tables.get(indicator.exposure, ()), window)
        hidden = unseen * BEARABLE > window
        exposure = np.full(n, np.nan) if opportunity is None else np.where(hidden, np.nan, opportunity.value)
        status[exposure < indicator.minimum_exposure] = TOO_FEW
        status[np.isnan(exposure) | (exposure <= 0)] = NO_EXPOSURE
        lost = np.maximum(lost, unseen)
    # A silent source is not a source that tells of nothing: say nothing rather than zero.
    silent = lost * BEARABLE > window
    status[silent] = SOURCE_GAP
    value = np.where(silent, np.nan, own.value)
    partial = seen.partial(indicator.tables, window) | (lost > 0)
    return Cells(indicator.name, window, value, exposure, own.n_rows, status, partial)
