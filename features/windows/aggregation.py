"""From declarations to values: every indicator over every window, for the subjects of every as-of date.

The walk is: group indicators into scans, cut the timeline of a scan, run its query, merge its rows into windows, and
take from each merged value the subjects of its day. Formulas come last, from the values of their parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from data.arrays import Floats, Ids, Integers
from data.date_precision import coarse_columns
from data.memo import current
from data.store import Store
from features.compile.scan import Scan, scans
from features.compile.scan_query import scan_query
from features.formula import combine
from features.indicator import Indicator
from features.windows.merge import Merged, merge
from features.windows.timeline import Timeline, timeline


@dataclass(frozen=True)
class Aggregates:
    """A value for each subject of a day, NaN where there is none, and the number of rows behind it."""

    value: Floats
    n_rows: Integers


AggregatesOfDay = Mapping[tuple[str, int], Aggregates]
"""The aggregates of one as-of date by indicator and window."""


def aggregate(store: Store, indicators: Sequence[Indicator], ids: Mapping[date, Ids]) -> dict[date, AggregatesOfDay]:
    """Return the aggregates of indicators about one kind of subject, for the subjects (ids ascending) of each day.

    A subject without any counted row has 0 or NaN as the indicator says.
    """
    run_ids = np.unique(np.concatenate([*ids.values(), np.empty(0, dtype=np.int64)]))
    positions = {day: np.searchsorted(run_ids, own) for day, own in ids.items()}
    aggregates: dict[date, dict[tuple[str, int], Aggregates]] = {day: {} for day in ids}
    for scan in scans(_by_day(store, [i for i in _with_parts(indicators) if i.aggregate != "formula"])):
        line = timeline(ids, scan.windows)
        for merged in _merged(store, scan, line, run_ids, step=_step_name(scan, ids)):
            # Who is in service differs from day to day; a scan is merged once for everybody who is on any of them.
            at = positions[merged.as_of]
            missing = 0.0 if merged.indicator.missing == "zero" else np.nan
            n_rows = merged.n_rows[at]
            value = np.where(n_rows > 0, merged.value[at].astype(np.float64), missing)
            aggregates[merged.as_of][merged.indicator.name, merged.window] = Aggregates(value, n_rows)
    return {day: own | _formulas(indicators, own) for day, own in aggregates.items()}


def _merged(store: Store, scan: Scan, line: Timeline, run_ids: Ids, *, step: str) -> Iterable[Merged]:
    """Give the values of a scan one after the other, so that each can be let go, or all of them where they are kept."""
    sql = scan_query(scan, line)
    if current() is None:
        return merge(scan, line, store.arrow(sql, step=step), run_ids)
    # What becomes of the rows is not all in the statement.
    declared = [(i.name, i.aggregate, i.value, i.independent, i.windows) for i in scan.indicators]
    merged = partial(merge, scan, line, ids=run_ids)
    return store.kept(sql, lambda: [*merged(rows=store.arrow(sql, step=step))], scan.kind, line, declared, run_ids)


def _by_day(store: Store, indicators: Sequence[Indicator]) -> list[Indicator]:
    """Return the indicators without causes that rest on days which the loaded records know by month or year only."""
    coarse = coarse_columns(store)
    return [i.known_by_day({column for table, column in coarse if table == i.table}) for i in indicators]


def _with_parts(indicators: Sequence[Indicator]) -> list[Indicator]:
    """Return the indicators and those that formulas among them read, by name."""
    by_name = {i.name: i for i in indicators}
    for indicator in indicators:
        by_name |= {part.name: part for part in indicator.parts}
    return [by_name[name] for name in sorted(by_name)]


def _step_name(scan: Scan, days: Iterable[date]) -> str:
    """Name a scan by the dates, the subject, the table and the first of its indicators."""
    first, last = min(days), max(days)
    span = str(first) if first == last else f"{first}_to_{last}"
    return f"{span}/features/{scan.model.subject}/{scan.source.name}/{scan.model.name}"


def _formulas(indicators: Iterable[Indicator], aggregates: AggregatesOfDay) -> dict[tuple[str, int], Aggregates]:
    values = {}
    for indicator in (i for i in indicators if i.aggregate == "formula"):
        for window in indicator.windows:
            parts = {part.name: aggregates[part.name, window] for part in indicator.parts}
            value = combine(indicator, {name: part.value for name, part in parts.items()})
            n_rows = np.sum([part.n_rows for part in parts.values()], axis=0)
            values[indicator.name, window] = Aggregates(value, n_rows)
    return values
