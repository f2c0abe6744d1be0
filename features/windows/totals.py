"""Whole numbers added up by slot and subject: what every aggregate over windows begins with."""

from __future__ import annotations

import numpy as np

from data.arrays import Array, Bools, Integers
from features.indicator import Indicator
from features.windows.grid import Batch, Grid


class RunningTotals:
    """A whole number for each row, added up by slot and subject, and then over all slots before each edge."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        # One row of zeros before the first slot: running totals begin with it.
        self._flat = np.zeros((grid.slots + 1) * grid.subjects + 1, dtype=np.int64)
        self._total = self._flat[:-1].reshape(grid.slots + 1, grid.subjects)
        self._late: list[tuple[Array, ...]] = []

    def add(self, batch: Batch, mask: Bools | None, amounts: Integers | int) -> None:
        """Add rows of a batch, all or those of a mask, with an amount each or all the same."""
        if not batch.late:
            place = batch.place if mask is None else batch.place[mask]
            each = amounts if isinstance(amounts, int) or mask is None else amounts[mask]
            np.add.at(self._flat[self._grid.subjects :], place, each)
            return
        late = batch if mask is None else batch.take(mask)
        amount = np.broadcast_to(amounts, batch.place.shape)
        slot, at = np.divmod(late.place, self._grid.subjects)
        self._late.append((at, slot, late.first, late.until, amount if mask is None else amount[mask]))

    def close(self) -> None:
        """Turn totals of slots into running totals: nothing is added any more."""
        np.cumsum(self._total, axis=0, out=self._total)
        self._late = [tuple(np.concatenate(column) for column in zip(*self._late, strict=True))] if self._late else []

    def between(self, number: int, low: int, high: int) -> Integers:
        """Return the sum over some slots of what counts at an as-of date, by its position."""
        total: Integers = self._total[high] - self._total[low]
        for at, slot, first, until, amount in self._late:
            inside = (slot >= low) & (slot < high) & (first <= number) & (until > number)
            np.add.at(total, at[inside], amount[inside])
        return total


class CountedRows:
    """Counts of rows."""

    def __init__(self, indicator: Indicator, number: int, grid: Grid) -> None:
        self.indicator, self.number, self.grid = indicator, number, grid
        self.rows = RunningTotals(grid)

    def add(self, batch: Batch) -> None:
        """Take in the rows of a batch that count."""
        self.rows.add(batch, batch.counts(self.number), 1)

    def end(self, batch: Batch) -> None:
        """Take in the rows of a batch at the last days of their spells, where these matter."""
        raise NotImplementedError(self.indicator.aggregate)

    def close(self) -> None:
        """Take note that there are no more rows."""
        self.rows.close()

    def window(self, number: int, low: int, high: int) -> tuple[Integers, Integers]:
        """Return values and numbers of rows over some slots at an as-of date, by its position."""
        count = self.rows.between(number, low, high)
        return count, count
