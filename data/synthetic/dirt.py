"""Rows that break the contract, for worlds that test what is done with them.

Which rows are broken, and how, depends on nothing but their ids: so planting a typology breaks no other row, and a row
put back from the truth is broken in the same way as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.arrays import Array
from data.contract import CONTRACT
from data.schema import Table
from data.synthetic import keys

BREAKS = ("no known day", "unknown value", "no such owner", "ends before it starts", "same key twice")
"""The ways in which a row is broken."""

_NOBODY = 9_000_000_000_000_001
_UNKNOWN = "not a value"


def broken(table: pa.Table, name: str, *, share: float, seed: int) -> pa.Table:
    """Return a table in which about `share` of the rows break the contract, with texts as plain strings."""
    declared = CONTRACT[name]
    table = _plain(table)
    if share <= 0 or not len(table) or declared.known != "known_on":
        return table
    ids = table[declared.key].to_numpy()
    selection = keys.level(ids, seed=seed, purpose="broken") < share
    way = (keys.level(ids, seed=seed, purpose="how broken") * len(BREAKS)).astype(np.int64)
    steps: tuple[Callable[[pa.Table, Table, Array], pa.Table], ...] = (_no_known, _unknown, _no_owner, _reversed)
    for position, step in enumerate(steps):
        table = step(table, declared, selection & (way == position))
    twice = table.filter(pa.array(selection & (way == BREAKS.index("same key twice"))))
    return pa.concat_tables([table, twice])


def _plain(table: pa.Table) -> pa.Table:
    for position, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(position, field.name, table[field.name].cast(pa.string()))
    return table


def _set(table: pa.Table, column: str, mask: Array, value: pa.Array | pa.Scalar) -> pa.Table:
    position = table.schema.get_field_index(column)
    return table.set_column(position, column, pc.if_else(pa.array(mask), value, table[column]))


def _no_known(table: pa.Table, declared: Table, mask: Array) -> pa.Table:
    return _set(table, "known_on", mask, pa.scalar(None, pa.date32()))


def _unknown(table: pa.Table, declared: Table, mask: Array) -> pa.Table:
    coded_columns = [column.name for column in declared.columns if column.values]
    return (
        _set(table, coded_columns[0], mask, pa.scalar(_UNKNOWN)) if coded_columns else _no_owner(table, declared, mask)
    )


def _no_owner(table: pa.Table, declared: Table, mask: Array) -> pa.Table:
    owner = next(column.name for column in declared.columns if column.references and column.enforced)
    return _set(table, owner, mask, pa.scalar(_NOBODY, pa.int64()))


def _reversed(table: pa.Table, declared: Table, mask: Array) -> pa.Table:
    """Put the later of two ordered dates a year before the earlier; without such a pair, the known day goes."""
    if not declared.orders:
        return _no_known(table, declared, mask)
    earlier, later = declared.orders[0]
    start = table[earlier].combine_chunks()
    kind = table.schema.field(later).type
    if pa.types.is_date(kind):
        earlier_days = pc.subtract(start.cast(pa.date32()).cast(pa.int32()), pa.scalar(365, pa.int32())).cast(
            pa.date32()
        )
    else:
        earlier_days = pc.subtract(start.cast(pa.int64()), 365 * 86_400_000_000).cast(kind)
    return _set(table, later, mask, earlier_days)
