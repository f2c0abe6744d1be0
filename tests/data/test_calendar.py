"""A day is a number of days since 1 January 1970, as in Arrow, numpy and SQL."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.calendar import day_number, day_of
from data.store import Store

SHARED = Store(threads=1)


@given(st.dates())
def test_a_day_and_its_number_lead_to_each_other(day: date) -> None:
    assert day_of(day_number(day)) == day


@given(st.dates())
def test_the_number_is_arrow_s_numpy_s_and_sql_s(day: date) -> None:
    number = day_number(day)
    assert pa.scalar(day, pa.date32()).value == number
    assert int(np.datetime64(day, "D").astype(np.int64)) == number
    assert SHARED.value(f"SELECT DATE '{day}' - DATE '1970-01-01'") == number


@pytest.mark.parametrize("number", [day_number(date.max) + 1, day_number(date.min) - 1])
def test_a_number_outside_the_calendar_has_no_day(number: int) -> None:
    with pytest.raises(OverflowError):
        day_of(number)
