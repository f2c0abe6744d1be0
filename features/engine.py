"""The engine: all indicators of all subjects on an as-of date, one pass over each table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.store import Store
from features.base import Indicator, NoExposure, Subject
from features.sql import scan_query
from features.subjects import subjects
from features.table import NO_EXPOSURE, OK, SOURCE_GAP, TOO_FEW, Cells, FeatureTable

Floats = npt.NDArray[np.float64]


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


def compute(store: Store, indicators: Sequence[Indicator], *, kind: Subject, as_of: date) -> FeatureTable:
    """Return the values of the indicators about one kind of subject, for everybody in service on an as-of date.

    Indicators about another kind of subject, or whose tables are absent, are left out. A subject without any counted
    row gets 0 or null as the indicator says. Nothing known on or after the as-of date has any effect.
    """
    who = subjects(store, kind=kind, as_of=as_of)
    ready, _ = computable([i for i in indicators if i.subject == kind], store.tables("loaded"))
    ids = np.asarray(who["subject_id"].to_numpy(), dtype=np.int64)
    raw: dict[tuple[str, int], _Raw] = {}
    for (table, _), group in groupby(sorted(ready, key=_scan_key), key=_scan_key):
        raw |= _scan(store, list(group), ids, as_of, step=f"{as_of}/features/{kind}/{table}")
    cells = {(i.name, w): _cells(i, w, raw) for i in ready for w in i.windows}
    return FeatureTable(kind, as_of, who, dict(sorted(cells.items())))


@dataclass(frozen=True)
class _Raw:
    value: Floats
    n_rows: npt.NDArray[np.int64]
    feed: int


def _scan_key(indicator: Indicator) -> tuple[str, str]:
    return indicator.table, indicator.subject_key


def _scan(
    store: Store, group: list[Indicator], ids: npt.NDArray[np.int64], as_of: date, *, step: str
) -> dict[tuple[str, int], _Raw]:
    scanned = store.arrow(scan_query(group, as_of), step=step).sort_by("subject_id")
    found = np.asarray(scanned["subject_id"].to_numpy(), dtype=np.int64)
    at = np.searchsorted(found, ids)
    there = np.isin(ids, found)
    raw = {}
    for indicator in group:
        for window in indicator.windows:
            cell = f"{indicator.name}__{window}"
            missing = 0.0 if indicator.missing == "zero" else np.nan
            raw[indicator.name, window] = _Raw(
                _aligned(scanned[cell], at, there, missing),
                _aligned(scanned[f"{cell}__n"], at, there, 0.0).astype(np.int64),
                int(np.sum(scanned[f"feed__{window}"].to_numpy())),
            )
    return raw


def _aligned(
    column: pa.ChunkedArray, at: npt.NDArray[np.int64], there: npt.NDArray[np.bool_], missing: float
) -> Floats:
    aligned = np.full(len(at), missing)
    values = np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)[at[there]]
    aligned[there] = np.where(np.isnan(values), missing, values)
    return aligned


def _cells(indicator: Indicator, window: int, raw: Mapping[tuple[str, int], _Raw]) -> Cells:
    own = raw[indicator.name, window]
    n = len(own.value)
    value, exposure, status = own.value, np.full(n, np.nan), np.full(n, OK, dtype=np.int8)
    if not isinstance(indicator.exposure, NoExposure):
        opportunity = raw.get((indicator.exposure, window))
        exposure = np.full(n, np.nan) if opportunity is None else opportunity.value
        status[exposure < indicator.minimum_exposure] = TOO_FEW
        status[np.isnan(exposure) | (exposure <= 0)] = NO_EXPOSURE
    if own.feed == 0 and _fed(indicator):
        status[:] = SOURCE_GAP
    # Zero rows from a source that took nothing in is not zero events: say nothing rather than zero.
    value = np.where((status == SOURCE_GAP) | ((own.n_rows == 0) & (indicator.missing == "null")), np.nan, value)
    return Cells(indicator.name, window, value, exposure, own.n_rows, status)


def _fed(indicator: Indicator) -> bool:
    """Say whether the source is a stream of events, for which a silent window means a gap.

    Spells that may last for years (postings, declarations, registers) need not begin in every window.
    """
    return indicator.aggregate != "days" and indicator.source.category not in ("declarations", "people")
