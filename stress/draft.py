"""A draft of records and truth while a scenario changes them: every change keeps the two in step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.arrays import Integers
from data.arrow import arrow_schema
from data.calendar import day_number
from data.contract import CONTRACT
from data.schema import Column

Values = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

NULL: Final = int(np.iinfo(np.int64).min)
"""Stands for null in columns of whole numbers, days, times and truth values."""

DAY: Final = 86_400_000_000
"""A day in the unit of times: microseconds."""

HOUR: Final = DAY // 24
MONTH: Final = 30.4375
"""Days in a month, on average."""


class Draft:
    """Records and truth that may be changed; what was handed in is never touched, because Arrow tables cannot be.

    Columns are read and given as numpy arrays: days and times since 1970 (in days and microseconds), whole numbers, and
    0 or 1 for truth values, all with `NULL` for null; texts as objects with None. A row that is copied or changed
    remains planted if it was, and its truth goes with it; rows that are dropped take their truth along.
    """

    def __init__(
        self,
        records: Mapping[str, pa.Table],
        truth: Mapping[str, pa.Table],
        *,
        starts_on: date,
        ends_on: date,
        rng: np.random.Generator,
    ) -> None:
        self.records = dict(records)
        self.truth = dict(truth)
        self.starts = day_number(starts_on)
        self.ends = day_number(ends_on)
        self.rng = rng
        # Decoded columns are kept until their table changes: scenarios read the same few again and again.
        self._columns: dict[tuple[str, str], Values] = {}

    def __contains__(self, table: str) -> bool:
        return table in self.records

    def size(self, table: str) -> int:
        """Return how many rows a table has."""
        return len(self.records[table])

    def column(self, table: str, name: str) -> Values:
        """Return a column as a numpy array; it is not to be changed."""
        key = (table, name)
        if key not in self._columns:
            self._columns[key] = read_column(self.records[table], CONTRACT[table].column[name])
        return self._columns[key]

    def keys(self, table: str) -> Integers:
        """Return the keys of a table's rows."""
        return self.column(table, str(CONTRACT[table].key))

    def drop(self, table: str, where: Mask) -> None:
        """Take rows out of a table, and what the truth says of them out of the truth."""
        self._drop_truth(table, self.keys(table)[where])
        self._replace(table, self.records[table].filter(pa.array(~where)))

    def remove(self, table: str) -> None:
        """Take a whole table away, as if no such source were there."""
        self._drop_truth(table, self.keys(table))
        del self.records[table]
        self._drop_cache(table)

    def change(self, table: str, where: Mask, **columns: Any) -> None:
        """Give some rows new values: each an array aligned to the chosen rows, or one value for all."""
        at = np.flatnonzero(where)
        if not len(at):
            return
        rows = self.records[table]
        for name, values in columns.items():
            new_values = self.column(table, name).copy()
            new_values[at] = values
            place = rows.column_names.index(name)
            rows = rows.set_column(place, rows.schema.field(place), to_array(CONTRACT[table].column[name], new_values))
        self._replace(table, rows)

    def copy(self, table: str, rows: Integers, *, planted: bool = True, **columns: Any) -> Integers:
        """Add copies of rows (positions, which may repeat) under new keys, with some columns given; return the keys.

        Unless `planted` is false, copies of planted rows are planted too.
        """
        contract = CONTRACT[table]
        key = str(contract.key)
        copies = self.records[table].take(pa.array(rows))
        keys = self._new_keys(table, len(rows))
        for name, values in ({key: keys} | columns).items():
            column = np.empty(len(rows), dtype=_dtype(contract.column[name]))
            column[:] = values
            place = copies.column_names.index(name)
            copies = copies.set_column(place, copies.schema.field(place), to_array(contract.column[name], column))
        if planted:
            self._plant_copies(table, self.keys(table)[rows], keys)
        self._replace(table, pa.concat_tables([self.records[table], copies.cast(self.records[table].schema)]))
        return keys

    def add(self, table: str, count: int, **columns: Any) -> Integers:
        """Add rows under new keys; columns that are not given are null. Return the keys."""
        contract = CONTRACT[table]
        required = {c.name for c in contract.columns if not c.nullable} - {str(contract.key)} - columns.keys()
        if required:
            raise ValueError(f"rows of {table} need {sorted(required)}")
        keys = self._new_keys(table, count)
        arrays = []
        for column in contract.columns:
            column_values = np.empty(count, dtype=_dtype(column))
            column_values[:] = keys if column.name == contract.key else columns.get(column.name, _null(column))
            arrays.append(to_array(column, column_values))
        additions = pa.Table.from_arrays(arrays, schema=arrow_schema(contract))
        self._replace(table, pa.concat_tables([self.records[table], additions.cast(self.records[table].schema)]))
        return keys

    def innocents(self) -> Integers:
        """Return the ids of the people in whom nothing was planted, nor in a team of theirs, ascending."""
        subjects = self.truth["truth_subject"]
        ids = np.asarray(subjects["subject_id"].to_numpy(), dtype=np.int64)
        officers = np.array([kind == "officer" for kind in subjects["subject_kind"].to_pylist()], dtype=bool)
        of_teams = self.column("posting", "officer_id")[np.isin(self.column("posting", "unit_id"), ids[~officers])]
        return np.setdiff1d(self.keys("officer"), np.concatenate([ids[officers], of_teams]))

    def boroughs(self) -> dict[int, Integers]:
        """Return the teams of each borough or command that has any, by its id."""
        kind = self.column("unit", "kind")
        parent, units = self.column("unit", "parent_unit_id"), self.keys("unit")
        teams = kind == "team"
        return {int(p): np.sort(units[teams & (parent == p)]) for p in np.unique(parent[teams]) if p != NULL}

    def team_on(self, day: int) -> dict[int, int]:
        """Return the team in which each officer was posted on a day, by officer."""
        first, last = self.column("posting", "started_on"), self.column("posting", "ended_on")
        current = (first <= day) & ((last == NULL) | (last >= day))
        officers, teams = self.column("posting", "officer_id")[current], self.column("posting", "unit_id")[current]
        return dict(zip(officers.tolist(), teams.tolist(), strict=True))

    def current_officers(self) -> Integers:
        """Return the ids of the people who are posted on the day before the end, ascending."""
        return np.array(sorted(self.team_on(self.ends - 1)), dtype=np.int64)

    def rename_subjects(self, kind: str, renamed: Mapping[int, Sequence[int]]) -> None:
        """Say that subjects of the truth are now known under other ids: a row of `truth_subject` for each of them."""
        rows = self.truth["truth_subject"].to_pylist()
        renamed_rows = [
            row | {"subject_id": new}
            for row in rows
            for new in (
                renamed.get(row["subject_id"], [row["subject_id"]])
                if row["subject_kind"] == kind
                else [row["subject_id"]]
            )
        ]
        self.truth["truth_subject"] = pa.Table.from_pylist(renamed_rows, schema=self.truth["truth_subject"].schema)

    def move_rows(self, where: Mapping[tuple[str, int], int], units: Mapping[int, Sequence[int]]) -> None:
        """Say of planted rows, by table and key, which unit of those that a team became they now belong to."""
        parts = {part for became in units.values() for part in became}
        rows = self.truth["truth_row"].to_pylist()
        for row in rows:
            unit = where.get((row["table_name"], row["row_id"]))
            if row["subject_kind"] == "unit" and unit in parts:
                row["subject_id"] = unit
        self.truth["truth_row"] = pa.Table.from_pylist(rows, schema=self.truth["truth_row"].schema)

    def _new_keys(self, table: str, count: int) -> Integers:
        keys = self.keys(table)
        first = int(keys.max()) + 1 if len(keys) else 1
        return np.arange(first, first + count, dtype=np.int64)

    def _plant_copies(self, table: str, originals: Integers, copies: Integers) -> None:
        rows = self.truth["truth_row"]
        of_table = rows.filter(pc.equal(rows["table_name"], table))
        if not len(of_table) or not len(originals):
            return
        pairs = pa.table({"row_id": pa.array(originals), "copy": pa.array(copies)})
        matches = of_table.join(pairs, keys="row_id", join_type="inner").sort_by("copy")
        additions = matches.drop(["row_id"]).rename_columns({"copy": "row_id"}).select(rows.column_names)
        self.truth["truth_row"] = pa.concat_tables([rows, additions.cast(rows.schema)])

    def _drop_truth(self, table: str, keys: Integers) -> None:
        rows = self.truth["truth_row"]
        dropped = pc.and_(pc.equal(rows["table_name"], table), pc.is_in(rows["row_id"], value_set=pa.array(keys)))
        self.truth["truth_row"] = rows.filter(pc.invert(dropped))

    def _replace(self, table: str, rows: pa.Table) -> None:
        self.records[table] = rows
        self._drop_cache(table)

    def _drop_cache(self, table: str) -> None:
        self._columns = {key: values for key, values in self._columns.items() if key[0] != table}


def read_column(table: pa.Table, column: Column) -> Values:
    """Return a column as a numpy array in the coding of a draft.

    Example:
        >>> days = pa.table({"received_on": pa.array([date(1970, 2, 1)])})
        >>> read_column(days, CONTRACT["complaint"].column["received_on"]).tolist()
        [31]
    """
    values = table[column.name]
    if pa.types.is_dictionary(values.type):
        values = values.cast(pa.string())
    if column.type == "VARCHAR":
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=object)  # texts keep None for null
    if column.type == "DOUBLE":
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    if column.type == "DATE":
        values = values.cast(pa.int32())
    elif column.type == "TIMESTAMP":
        values = values.cast(pa.timestamp("us")).cast(pa.int64())
    numbers = values.cast(pa.int64()).fill_null(NULL)
    return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.int64)


def to_array(column: Column, values: Values) -> pa.Array:
    """Return values in the coding of a draft as an Arrow array of the contract's type.

    Example:
        >>> to_array(CONTRACT["complaint"].column["received_on"], np.array([0, NULL])).to_pylist()
        [datetime.date(1970, 1, 1), None]
    """
    if column.type == "VARCHAR":
        return pa.array(values, pa.string())
    if column.type == "DOUBLE":
        return pa.array(values, pa.float64())
    empty = values == NULL
    if column.type == "BOOLEAN":
        return pa.array(values == 1, pa.bool_(), mask=empty)
    if column.type == "TIMESTAMP":
        return pa.array(values, pa.int64(), mask=empty).cast(pa.timestamp("us"))
    # NULL does not fit 32 bits; the mask says null all the same.
    narrow = np.where(empty, 0, values)
    if column.type == "BIGINT":
        return pa.array(narrow, pa.int64(), mask=empty)
    numbers = pa.array(narrow.astype(np.int32), pa.int32(), mask=empty)
    return numbers.cast(pa.date32()) if column.type == "DATE" else numbers


def _dtype(column: Column) -> type[Any]:
    return {"VARCHAR": object, "DOUBLE": np.float64}.get(column.type, np.int64)


def _null(column: Column) -> Any:
    return {"VARCHAR": None, "DOUBLE": np.nan}.get(column.type, NULL)
