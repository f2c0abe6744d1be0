"""A cell is read strictly: what stands in it, or nothing and a line that says what was expected."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.schema import Column, SqlType
from data.sources._cell_types import from_parquet, from_text, unread
from data.store import Store

SHARED = Store(threads=1)


def read(kind: SqlType, text: str | None) -> Any:
    sql = from_text(Column(name="v", type=kind), cell="v")
    return SHARED.value(f"SELECT {sql} FROM (SELECT CAST(? AS VARCHAR) AS v)", parameters=[text])


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_whole_number_of_64_bits_is_read_as_itself(number: int) -> None:
    assert read("BIGINT", str(number)) == number


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_as_itself(day: date) -> None:
    assert read("DATE", day.isoformat()) == day


@given(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)), st.sampled_from(" T"))  # noqa: DTZ001
def test_every_time_is_read_as_itself(time: datetime, between: str) -> None:
    assert read("TIMESTAMP", time.isoformat(sep=between)) == time


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_read_as_itself(number: float) -> None:
    assert read("DOUBLE", repr(number)) == number


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("BIGINT", "1.5"),
        ("BIGINT", "1e3"),
        ("BIGINT", " 1"),
        ("BIGINT", "0x10"),
        ("BIGINT", "9223372036854775808"),
        ("INTEGER", "2147483648"),
        ("DOUBLE", "nan"),
        ("DOUBLE", "inf"),
        ("DOUBLE", "1,5"),
        ("BOOLEAN", "yes"),
        ("BOOLEAN", "t"),
        ("DATE", "2024-02-30"),
        ("DATE", "epoch"),
        ("DATE", "01/02/2024"),
        ("DATE", "2024-1-2"),
        ("TIMESTAMP", "2024-01-01"),
        ("TIMESTAMP", "2024-01-01 24:00:00"),
        ("TIMESTAMP", "2024-01-01 10:00:00+01"),
    ],
)
def test_what_is_not_of_the_type_is_not_guessed(kind: SqlType, text: str) -> None:
    assert read(kind, text) is None
    column = Column(name="v", type=kind)
    line = unread([column], cells={"v": "v"}, readings={"v": from_text(column, cell="v")})
    said = SHARED.value(f"SELECT {line} FROM (SELECT ? AS v)", parameters=[text])
    assert said.startswith("v: expected ")
    assert said.endswith(f", found '{text}'")


@pytest.mark.parametrize("kind", ["BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP"])
def test_an_empty_cell_is_nothing_and_no_fault(kind: SqlType) -> None:
    column = Column(name="v", type=kind)
    typed = from_text(column, cell="v")
    faults = unread([column], cells={"v": "v"}, readings={"v": typed})
    assert SHARED.rows(f"SELECT {typed}, {faults} FROM (SELECT CAST(NULL AS VARCHAR) AS v)") == [(None, None)]


@pytest.mark.parametrize(
    ("kind", "stored", "value", "expected"),
    [
        ("INTEGER", "BIGINT", "2147483647", 2147483647),
        ("INTEGER", "BIGINT", "2147483648", None),
        ("BIGINT", "UBIGINT", "18446744073709551615", None),
        ("DATE", "TIMESTAMP", "TIMESTAMP '2024-01-01 00:00:00'", date(2024, 1, 1)),
        ("DATE", "TIMESTAMP", "TIMESTAMP '2024-01-01 00:00:01'", None),
        ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_NS '2024-01-01 00:00:00.000000001'", None),
        ("DOUBLE", "BIGINT", "9007199254740993", None),
        ("DOUBLE", "BIGINT", "9007199254740992", 9007199254740992.0),
        ("VARCHAR", "NULL", "NULL", None),
    ],
)
def test_a_stored_value_is_read_without_loss_or_not_at_all(
    kind: SqlType, stored: str, value: str, expected: object
) -> None:
    sql = from_parquet(Column(name="v", type=kind), cell="v", stored_type=stored)
    cell = value if stored == "NULL" else f"CAST({value} AS {stored})"
    assert SHARED.value(f"SELECT {sql} FROM (SELECT {cell} AS v)") == expected
