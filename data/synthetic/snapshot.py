"""The tables of a cell before patterns are planted, with the rows of each person at hand, and stretches of time."""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic.cell_records import CellRecords


class Snapshot:
    """The tables of a cell before any pattern of a kind is planted, with the rows of each owner at hand."""

    def __init__(self, cell: CellRecords) -> None:
        self.cell = cell
        self._orders: dict[str, Array] = {}
        self._edges: dict[str, dict[int, tuple[int, int]]] = {}
        self._days: dict[str, Array] = {}

    def positions(self, table: str, person: int) -> Array:
        """Return the positions of a person's rows in a table, in the table's order."""
        if table not in self._edges:
            owner = self.cell.tables[table]["officer_id"]
            order = np.argsort(owner, kind="stable")
            first = np.flatnonzero(np.diff(owner[order], prepend=-2))
            # Asked for thousands of times a cell: a dictionary of edges costs a tenth of two binary searches.
            edges = zip(first.tolist(), [*first[1:].tolist(), len(order)], strict=False)
            self._edges[table] = dict(zip(owner[order[first]].tolist(), edges, strict=False))
            self._orders[table] = order
        first_row, past_row = self._edges[table].get(person, (0, 0))
        return self._orders[table][first_row:past_row]

    def days(self, table: str) -> Array:
        """Return the day of every row of a table."""
        if table not in self._days:
            self._days[table] = self.cell.tables[table].day()
        return self._days[table]

    def is_by_day(self, table: str) -> bool:
        """Return whether the matter of a table's rows happened on a day rather than at a minute."""
        occurred = self.cell.tables[table].table.occurred
        return occurred is not None and CONTRACT[table].column[occurred].type == "DATE"

    def minutes(self, table: str) -> Array:
        """Return the minute of every row of a table whose matters happened at one."""
        return self.cell.tables[table].time()


class Stretches:
    """Stretches of time, from and to both inclusive, in any order; they may overlap.

    Example:
        >>> Stretches(np.array([5, 1]), np.array([6, 2])).hold(np.array([0, 2, 3, 5])).tolist()
        [False, True, False, True]
    """

    def __init__(self, first: Array, last: Array) -> None:
        order = np.argsort(first, kind="stable")
        self._first, self._last = first[order], np.maximum.accumulate(last[order])

    def hold(self, moments: Array) -> Array:
        """Return a mask of the moments that lie in one of the stretches."""
        if not len(self._first):
            return np.zeros(len(moments), dtype=bool)
        place = self._first.searchsorted(moments, side="right") - 1
        mask: Array = (place >= 0) & (moments <= self._last.take(place, mode="clip"))
        return mask


def among(values: Array, sorted_ids: Array) -> Array:
    """Return a mask of the values that stand in a sorted array.

    Example:
        >>> among(np.array([3, 4]), np.array([1, 3])).tolist()
        [True, False]
    """
    if not len(sorted_ids):
        return np.zeros(len(values), dtype=bool)
    place = sorted_ids.searchsorted(values)
    mask: Array = sorted_ids.take(place, mode="clip") == values
    return mask
