"""Contract tables in Arrow, and their way from memory into a store."""

from __future__ import annotations

import pyarrow as pa
import pytest

from data.arrow import CODED, arrow_schema, conform, load_arrow
from data.contract import CONTRACT
from data.errors import InputRejected
from data.sample_records import arrow_table, complete_rows
from data.schema import Table
from data.store import Store

TABLES = [*CONTRACT]
UNIT = CONTRACT["unit"]


def units(count: int) -> pa.Table:
    return arrow_table(UNIT, complete_rows({"unit": [{"name": f"unit {n}"} for n in range(count)]})["unit"])


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_a_table_in_arrow_becomes_the_table_of_the_contract_in_a_store(table: Table) -> None:
    with Store(threads=1) as store:
        load_arrow(store, table, arrow_schema(table).empty_table())
        columns = store.rows(f"SELECT column_name, column_type FROM (DESCRIBE loaded.{table.name})")
    declared = [(c.name, c.type) for c in table.columns]
    assert columns == [*declared, ("source_file", "VARCHAR"), ("source_row", "BIGINT")]


def test_rows_cite_their_place_unless_they_already_cite_one() -> None:
    rows = units(2)
    cited = rows.append_column("source_file", pa.array(["a.csv", "b.csv"])).append_column(
        "source_row", pa.array([9, 7])
    )
    with Store(threads=1) as store:
        load_arrow(store, UNIT, rows)
        assert store.rows("SELECT source_file, source_row FROM loaded.unit") == [
            ("unit.parquet", 1),
            ("unit.parquet", 2),
        ]
        load_arrow(store, UNIT, cited)
        assert store.rows("SELECT source_file, source_row FROM loaded.unit") == [("a.csv", 9), ("b.csv", 7)]


def test_a_view_reads_the_rows_where_they_lie_and_may_be_replaced() -> None:
    with Store(threads=1) as store:
        for count in (3, 1):
            load_arrow(store, UNIT, units(count), view=True)
            assert store.value("SELECT count(*) FROM loaded.unit") == count


def test_columns_are_brought_into_contract_order_and_coded_texts_stay_coded() -> None:
    coded = units(2).select(["name", "kind", "parent_unit_id", "unit_id"])
    coded = coded.set_column(1, "kind", coded["kind"].cast(CODED))
    conforming = conform(UNIT, coded)
    assert conforming.column_names == list(UNIT.names)
    assert conforming.schema.field("kind").type == CODED
    assert conforming["name"].to_pylist() == ["unit 0", "unit 1"]


@pytest.mark.parametrize("columns", [["unit_id"], [*UNIT.names, "colour"]])
def test_a_missing_or_unknown_column_is_refused(columns: list[str]) -> None:
    rows = pa.table({name: pa.array([None]) for name in columns})
    with pytest.raises(InputRejected, match="unit does not have the contract's columns"):
        conform(UNIT, rows)


def test_only_a_strict_schema_forbids_what_the_contract_says_is_never_null() -> None:
    assert all(field.nullable for field in arrow_schema(UNIT))
    strict = {field.name: field.nullable for field in arrow_schema(UNIT, strict=True)}
    assert strict == {c.name: c.nullable for c in UNIT.columns}
