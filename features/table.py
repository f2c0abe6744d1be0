"""Feature values: one cell per subject, indicator and window, each with its exposure, rows behind it and status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.arrays import Bools, Floats, Ids, Integers
from data.vocabulary import SubjectKind
from features.past import History

Status = Literal["ok", "no_exposure", "too_few", "source_gap"]
STATUSES: Final[tuple[Status, ...]] = ("ok", "no_exposure", "too_few", "source_gap")
"""What can be said of a value; the order is that of `Cells.status` codes."""

OK, NO_EXPOSURE, TOO_FEW, SOURCE_GAP = range(4)

SCHEMA: Final = pa.schema(
    [
        ("subject_kind", pa.string()),
        ("officer_id", pa.int64()),
        ("unit_id", pa.int64()),
        ("as_of", pa.date32()),
        ("indicator", pa.string()),
        ("window_days", pa.int32()),
        ("value", pa.float64()),
        ("exposure", pa.float64()),
        ("n_rows", pa.int64()),
        ("status", pa.string()),
        ("partial", pa.bool_()),
    ]
)
"""The columns of `features.parquet`; exactly one of officer_id and unit_id is there."""


@dataclass(frozen=True)
class Cells:
    """One indicator over one window for all subjects, in the subjects' order.

    `value` is NaN where there is none; `exposure` is NaN where the indicator has none or it is unknown. Both hold
    whole numbers, so they are exact. `status` holds positions in `STATUSES`. `partial` says where only part of the
    window could be seen: the subject was not in service, or the records did not reach back, for all of it. `days` is
    over how many days the records hold both what is counted and the opportunity for it, None where over all.
    """

    indicator: str
    window: int
    value: Floats
    exposure: Floats
    n_rows: Integers
    status: npt.NDArray[np.int8]
    partial: Bools | None = None
    days: int | None = None


@dataclass(frozen=True)
class FeatureTable:
    """All feature values of one kind of subject on one as-of date.

    `subjects` is the table of subjects sorted by id (see `features.subjects`); every `Cells` is aligned to it.
    `history` is the past of its rates, where it was asked for (see `features.history`).
    """

    kind: SubjectKind
    as_of: date
    subjects: pa.Table
    cells: Mapping[tuple[str, int], Cells]
    history: History | None = None

    @property
    def ids(self) -> Ids:
        """The subjects' ids, ascending."""
        return np.asarray(self.subjects["subject_id"].to_numpy(), dtype=np.int64)

    def __iter__(self) -> Iterator[Cells]:
        return iter(self.cells.values())

    def to_arrow(self) -> pa.Table:
        """Return the values as rows of `features.parquet`, by indicator, window and subject."""
        parts = [self._rows(self.cells[key]) for key in sorted(self.cells)]
        return pa.concat_tables(parts) if parts else SCHEMA.empty_table()

    def _rows(self, cells: Cells) -> pa.Table:
        n = len(self.ids)
        nothing = pa.nulls(n, pa.int64())
        ids = pa.array(self.ids)
        columns = [
            pa.repeat(self.kind, n),
            ids if self.kind == "officer" else nothing,
            ids if self.kind == "unit" else nothing,
            pa.repeat(pa.scalar(self.as_of, pa.date32()), n),
            pa.repeat(cells.indicator, n),
            pa.repeat(pa.scalar(cells.window, pa.int32()), n),
            _nullable(cells.value),
            _nullable(cells.exposure),
            pa.array(cells.n_rows),
            pa.DictionaryArray.from_arrays(pa.array(cells.status), pa.array(STATUSES)).cast(pa.string()),
            pa.array(np.zeros(n, dtype=np.bool_) if cells.partial is None else cells.partial),
        ]
        return pa.Table.from_arrays(columns, schema=SCHEMA)


def _nullable(values: Floats) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def from_arrow(
    rows: pa.Table,
    subjects: pa.Table,
    *,
    kind: SubjectKind,
    as_of: date,
    history: History | None = None,
    days: Mapping[tuple[str, int], int] | None = None,
) -> FeatureTable:
    """Return the feature table that `to_arrow` wrote, from its rows and its subjects, with a history where given.

    `days` says which cells are of fewer days than their window (see `features.covered.covered_days`).
    """
    ids = np.asarray(subjects["subject_id"].to_numpy(), dtype=np.int64)
    numbers = {name: _floats(rows[name]) for name in ("value", "exposure")}
    n_rows = np.asarray(rows["n_rows"].to_numpy(), dtype=np.int64)
    status = _codes(rows["status"])
    partial = np.asarray(rows["partial"].to_numpy(zero_copy_only=False), dtype=np.bool_)
    cells = {}
    # Every cell has a row for each subject, in the same order, so that the first row of each such run names it.
    for at in range(0, len(rows), max(len(ids), 1)):
        key, own = (rows["indicator"][at].as_py(), rows["window_days"][at].as_py()), slice(at, at + len(ids))
        cells[key] = Cells(
            *key,
            numbers["value"][own],
            numbers["exposure"][own],
            n_rows[own],
            status[own],
            partial[own],
            (days or {}).get(key),
        )
    return FeatureTable(kind, as_of, subjects, cells, history)


def _codes(status: pa.ChunkedArray) -> npt.NDArray[np.int8]:
    """Return positions in `STATUSES`, of texts that may be dictionary-coded."""
    known = pa.array(STATUSES)
    parts = [
        pc.index_in(chunk.dictionary, value_set=known).take(chunk.indices)
        if pa.types.is_dictionary(chunk.type)
        else pc.index_in(chunk, value_set=known)
        for chunk in status.chunks
    ]
    return np.concatenate([np.empty(0, dtype=np.int8), *(np.asarray(part.to_numpy(), dtype=np.int8) for part in parts)])


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
