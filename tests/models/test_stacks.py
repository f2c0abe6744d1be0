"""What is gathered and added up for many samples at once is what each sample has alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.nulls.residuals import _median
from models.nulls.stacks import Stack, distinct_rows

WHOLE = st.tuples(st.integers(0, 40), st.integers(-30, 30), st.integers(1, 10**12))


@given(st.lists(WHOLE, max_size=60))
def test_distinct_rows_are_those_that_numpy_finds_in_the_same_order(rows: list[tuple[int, int, int]]) -> None:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    distinct, which, size = distinct_rows(*table.T)
    expected, inverse, counts = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    assert np.array_equal(distinct, expected)
    assert np.array_equal(which, inverse.reshape(-1))
    assert np.array_equal(size, counts)


@given(st.lists(st.lists(st.floats(-1e6, 1e6), max_size=30), max_size=6))
def test_a_sample_has_the_sum_it_has_alone_whether_or_not_others_are_empty(samples: list[list[float]]) -> None:
    stack = Stack(np.array([len(sample) for sample in samples], dtype=np.intp))
    alone = [Stack(np.array([len(s)])).sums(np.array(s, dtype=np.float64))[0] for s in samples]
    together = stack.sums(np.array([value for sample in samples for value in sample], dtype=np.float64))
    assert together.tolist() == alone


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50))
def test_the_median_is_that_of_numpy_to_the_bit(values: list[float]) -> None:
    assert _median(np.array(values)) == float(np.median(np.array(values)))
