"""Histories as tables: what a run folder keeps of the past, so that an excess can be worked out again from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.arrays import Floats
from data.vocabulary import SubjectKind
from features.past import History, IndicatorHistory, PeriodCounts

HISTORY: Final = pa.schema(
    [
        ("subject_kind", pa.string()),
        ("as_of", pa.date32()),
        ("indicator", pa.string()),
        ("ahead", pa.int32()),
        ("earlier", pa.bool_()),
        ("subject_id", pa.int64()),
        ("values", pa.list_(pa.float64())),
        ("exposures", pa.list_(pa.float64())),
    ]
)
"""The columns of `history.parquet`: a row for each subject, indicator and view, with a number for each period."""

STANDINGS: Final = pa.schema(
    [
        ("subject_kind", pa.string()),
        ("as_of", pa.date32()),
        ("period", pa.int32()),
        ("subject_id", pa.int64()),
        ("role", pa.string()),
        ("rank", pa.string()),
        ("area_id", pa.int64()),
    ]
)
"""The columns of `standings.parquet`: who was in service, and where, at the end of each period; 0 is the latest."""


def history_table(histories: Iterable[History]) -> pa.Table:
    """Return histories as rows of `history.parquet`."""
    parts = []
    for one in histories:
        for name, seen in one.indicators.items():
            parts.append(_rows(one, name, seen, seen.now, earlier=False))
            if seen.earlier is not None:
                parts.append(_rows(one, name, seen, seen.earlier, earlier=True))
    return pa.concat_tables(parts) if parts else HISTORY.empty_table()


def _rows(history: History, name: str, seen: IndicatorHistory, counts: PeriodCounts, *, earlier: bool) -> pa.Table:
    ids = history.ids(seen.ahead if earlier else 0)
    n = len(ids)
    columns = [
        pa.repeat(history.kind, n),
        pa.repeat(pa.scalar(history.as_of, pa.date32()), n),
        pa.repeat(name, n),
        pa.repeat(pa.scalar(seen.ahead, pa.int32()), n),
        pa.repeat(pa.scalar(earlier), n),
        pa.array(ids),
        _lists(counts.value),
        _lists(counts.exposure),
    ]
    return pa.Table.from_arrays(columns, schema=HISTORY)


def _lists(values: Floats) -> pa.Array:
    n, periods = values.shape
    offsets = pa.array(np.arange(n + 1, dtype=np.int32) * np.int32(periods))
    return pa.ListArray.from_arrays(offsets, pa.array(np.ascontiguousarray(values).ravel()))


def standings_table(histories: Iterable[History]) -> pa.Table:
    """Return who stood where in the past, as rows of `standings.parquet`."""
    parts = []
    for one in histories:
        for period, standing in enumerate(one.standings):
            n = len(standing)
            columns = [
                pa.repeat(one.kind, n),
                pa.repeat(pa.scalar(one.as_of, pa.date32()), n),
                pa.repeat(pa.scalar(period, pa.int32()), n),
                *(standing[name].combine_chunks() for name in ("subject_id", "role", "rank", "area_id")),
            ]
            parts.append(pa.Table.from_arrays(columns, schema=STANDINGS))
    return pa.concat_tables(parts) if parts else STANDINGS.empty_table()


def history_from(rows: pa.Table, standings: pa.Table, *, kind: SubjectKind, as_of: date) -> History:
    """Return the history of one kind of subject and as-of date, from the tables that a run folder keeps."""
    rows, standings = (_of(table, kind, as_of) for table in (rows, standings))
    periods = pc.max(standings["period"]).as_py()
    tables = [] if periods is None else [_of_period(standings, period) for period in range(periods + 1)]
    seen = {}
    for name in sorted(set(rows["indicator"].unique().to_pylist())):
        own = rows.filter(pc.equal(rows["indicator"], name))
        ahead = own["ahead"][0].as_py()
        now, earlier = (_counts(own.filter(pc.equal(own["earlier"], flag))) for flag in (False, True))
        if now is not None:
            seen[name] = IndicatorHistory(now, earlier, ahead)
    return History(kind, as_of, tuple(tables), seen)


def _of(table: pa.Table, kind: SubjectKind, as_of: date) -> pa.Table:
    on_day = pc.equal(table["as_of"], pa.scalar(as_of, pa.date32()))
    return table.filter(pc.and_(on_day, pc.equal(table["subject_kind"], kind)))


def _of_period(standings: pa.Table, period: int) -> pa.Table:
    return standings.filter(pc.equal(standings["period"], period)).drop_columns(["subject_kind", "as_of", "period"])


def _counts(rows: pa.Table) -> PeriodCounts | None:
    if not len(rows):
        return None
    return PeriodCounts(*(_matrix(rows[name].combine_chunks(), len(rows)) for name in ("values", "exposures")))


def _matrix(lists: pa.Array, n: int) -> Floats:
    return np.asarray(lists.flatten().to_numpy(zero_copy_only=False), dtype=np.float64).reshape(n, -1)
