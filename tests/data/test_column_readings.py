"""How cells that are written otherwise are read: by the whole column, counted, and never by guessing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from data.contract import CONTRACT
from data.sources._column_readings import ColumnReading, DeclaredDates, readings_of
from data.store import Store

DATES = CONTRACT["complaint"]


def read(
    table: str, column: str, cells: list[str | None], *, declared: DeclaredDates | None = None
) -> tuple[list[Any], ColumnReading]:
    """The values of a column with these cells, as texts, and how it was read."""
    with Store(threads=1) as store:
        store.register("given", pa.table({"cell": pa.array(cells, pa.string()), "row": range(len(cells))}))
        reading = readings_of(
            store,
            "given",
            CONTRACT[table],
            {column: '"cell"'},
            declared={column: declared} if declared else {},
            names={column: column},
        )[column]
        values = store.rows(f"SELECT CAST({reading.value} AS VARCHAR) FROM given ORDER BY row")
    return [value for (value,) in values], reading


@pytest.mark.parametrize(
    ("table", "column", "cells", "values", "says"),
    [
        ("officer", "officer_id", ["10004.0", "7"], ["10004", "7"], "decimal point"),
        ("officer", "officer_id", [" 7 "], ["7"], "spaces"),
        ("expense", "receipt", ["Yes", "no", "T", "1.0"], ["true", "false", "true", "true"], "yes and no"),
        ("expense", "kind", ["Travel", " travel", "TRAVEL "], ["travel"] * 3, "capitals"),
        ("officer", "joined_on", ["2018-05-01T00:00:00Z"], ["2018-05-01"], "midnights"),
        ("officer", "joined_on", ["20180501"], ["2018-05-01"], "hyphens"),
        ("officer", "joined_on", ["N/A", "2018-05-01"], [None, "2018-05-01"], "as nothing"),
        ("officer", "joined_on", ["5/13/2018", "4/1/2018"], ["2018-05-13", "2018-04-01"], "month/day/year"),
        ("officer", "joined_on", ["13.05.69", "01.04.70"], ["2069-05-13", "1970-04-01"], "day/month/year"),
        ("officer", "joined_on", ["2018/5/1"], ["2018-05-01"], "year/month/day"),
        ("use_of_force", "used_at", ["2018-05-01"], ["2018-05-01 00:00:00"], "without a time"),
        ("use_of_force", "used_at", ["2018-05-01T07:08:09+02:00"], ["2018-05-01 07:08:09"], "time zone"),
        (
            "use_of_force",
            "used_at",
            ["5/13/2018 12:05 AM", "5/13/2018 11:05:06 pm", "5/1/2018 7:00"],
            ["2018-05-13 00:05:00", "2018-05-13 23:05:06", "2018-05-01 07:00:00"],
            "month/day/year",
        ),
    ],
)
def test_what_is_written_otherwise_is_read_and_counted(
    table: str, column: str, cells: list[str | None], values: list[str | None], says: str
) -> None:
    found, reading = read(table, column, cells)
    assert found == values
    (bending,) = [b for b in reading.bendings if says in b.says]
    assert 0 < bending.cells <= len(cells)
    assert bending.example in cells
    assert bending.sentence().startswith(f"{table}.{column}: {bending.cells} cells are written")


def test_a_column_that_fits_two_orders_is_not_read_and_both_readings_are_said() -> None:
    values, reading = read("complaint", "received_on", ["4/5/2015", "6/6/2015"])
    assert values == [None, None]
    assert "2015-04-05 (m/d/y) or 2015-05-04 (d/m/y)" in reading.expected


def test_two_orders_that_agree_on_every_cell_are_one() -> None:
    assert read("complaint", "received_on", ["6/6/2015", "7/7/2015"])[0] == ["2015-06-06", "2015-07-07"]


@pytest.mark.parametrize(("order", "value"), [("m/d/y", "2015-04-05"), ("d/m/y", "2015-05-04")])
def test_a_declared_order_decides(order: Any, value: str) -> None:
    assert read("complaint", "received_on", ["4/5/2015"], declared=DeclaredDates(order))[0] == [value]


def test_an_order_that_one_cell_of_its_shape_contradicts_is_no_order_of_the_column() -> None:
    values, _ = read("complaint", "received_on", ["4/13/2015", "13/4/2015"])
    assert values == [None, None]


@pytest.mark.parametrize(
    ("cells", "precision"),
    [(["2018-05", "2018-06"], "month"), (["2018", "2019.0"], "year"), (["2018-05-01"], "day")],
)
def test_months_and_years_are_known_for_what_they_are(cells: list[str | None], precision: str) -> None:
    assert read("complaint", "received_on", cells)[1].precision == precision


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (["15-0001", "15-0002"], True),
        (["1", "2", "x"], False),
        (["1.5"], False),
        (["1", "A"], False),
        (["E1001", "E1002", "E1003"], True),  # an E may stand in a number, but not at its head
        (["1e3", "2E4"], False),
    ],
)
def test_ids_are_texts_where_most_of_them_are(cells: list[str | None], texts: bool) -> None:
    assert read("complaint", "complaint_id", cells)[1].text_ids is texts
