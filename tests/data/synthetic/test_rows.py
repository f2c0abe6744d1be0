"""Rows taken out and added at once are those that taking out and adding one after the other gives."""

from __future__ import annotations

import numpy as np
import pytest

from data.arrays import Array
from data.synthetic.rows import Rows, joined, rows, without_and_with


def tours(count: int, **more: Array) -> Rows:
    return rows("shift", officer_id=np.arange(count), starts_at=np.arange(count) * 60, **more)


@pytest.mark.parametrize("gone", [[], [2], [5, 0, 3], list(range(6))])
@pytest.mark.parametrize("added", [0, 1, 2])
def test_rows_taken_out_and_added_at_once_are_those_of_two_steps(gone: list[int], added: int) -> None:
    table = tours(6, _post=np.arange(6))
    additions = [tours(3)] * added
    positions = np.array(gone, dtype=np.int64)
    at_once, in_steps = without_and_with(table, positions, additions), joined([table.without(positions), *additions])
    assert list(at_once.columns) == list(in_steps.columns)
    for name, values in in_steps.columns.items():
        assert at_once[name].dtype == values.dtype
        assert np.array_equal(at_once[name], values)
