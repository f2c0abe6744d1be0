"""Rows that name only what matters are completed to rows that meet the contract."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from data.constraints import constraints_of
from data.contract import CONTRACT
from data.sample_records import arrow_table, complete_row, complete_rows, load_rows
from data.schema import Table
from data.store import Store
from pipeline.loading import load_records


@pytest.mark.parametrize("table", [*CONTRACT], ids=lambda t: t.name)
def test_a_row_that_names_nothing_meets_every_constraint_of_its_own(table: Table) -> None:
    rows = {table.name: arrow_table(table, complete_rows({table.name: [{}, {}]})[table.name])}
    with Store(threads=1) as store:
        report = load_records(rows, store=store, check="constraints")
    assert report.violations == {}
    assert report.counts[0].loaded == 2
    assert {c.constraint for c in report.constraints} == {
        c.name for c in constraints_of(table) if c.parent in (None, table.name)
    }


def test_an_end_that_is_not_named_is_eight_hours_after_the_start() -> None:
    row = complete_row(CONTRACT["shift"], {"starts_at": "2024-05-01T22:00"}, number=3)
    assert row["shift_id"] == 3
    assert row["ends_at"] == datetime(2024, 5, 2, 6)  # noqa: DTZ001
    assert row["known_on"] == date(2024, 5, 1)


def test_a_column_that_the_table_lacks_is_refused() -> None:
    with pytest.raises(KeyError, match="no column"):
        complete_row(CONTRACT["shift"], {"colour": "blue"}, number=1)


def test_rows_are_loaded_in_key_order_and_cite_their_place() -> None:
    with Store(threads=1) as store:
        load_rows(store, complete_rows({"officer": [{"officer_id": 7}, {"officer_id": 3}]}), source_file="case")
        assert store.rows("SELECT officer_id, source_file, source_row FROM loaded.officer") == [
            (3, "case", 2),
            (7, "case", 1),
        ]
