"""Loading gives the contract's tables, accounts for every row, and depends on nothing but the files."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data.contract import CONTRACT
from data.errors import OpencseError
from data.store import Store
from pipeline import loading
from pipeline.load_report import LoadReport
from pipeline.loading import CountsDisagree, load_records
from pipeline.validation import expectations, quarantine
from pipeline.validation.expectations import ExpectationChecker, ExpectationFailed, ExpectationResult, ValidationMissing
from tests.record_rows import row, write_csv, write_parquet, write_world


def loaded_rows(store: Store, table: str) -> list[tuple[Any, ...]]:
    return store.rows(f"FROM loaded.{table}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("world"), rows=4)


def test_every_table_has_the_contract_s_columns_and_types_and_where_each_row_is_from(world: Path) -> None:
    with Store(threads=1) as store:
        loaded = load_records(world, store=store)
        for table in CONTRACT:
            found = store.rows(
                "SELECT column_name, data_type FROM information_schema.columns "
                "WHERE table_schema = 'loaded' AND table_name = ? ORDER BY ordinal_position",
                parameters=[table.name],
            )
            declared = [(c.name, c.type) for c in table.columns]
            assert found == [*declared, ("source_file", "VARCHAR"), ("source_row", "BIGINT")]
            assert [r[-2:] for r in loaded_rows(store, table.name)] == [
                (f"{table.name}.parquet", n) for n in range(1, 5)
            ]
        assert store.tables("loaded") == {table.name for table in CONTRACT}
    assert loaded.source == "folder"
    assert loaded.absent == ()
    assert [(c.table, c.rows_in, c.loaded, c.quarantined) for c in loaded.counts] == [
        (table.name, 4, 4, 0) for table in CONTRACT
    ]
    assert {c.violations for c in loaded.constraints} == {0}


def test_the_inputs_are_every_file_read_with_its_hash(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "officer.csv", [row("officer", 1)])
    (tmp_path / "readme.txt").write_text("not a table")
    with Store(threads=1) as store:
        loaded = load_records(tmp_path, store=store)
    content = path.read_bytes()
    assert [(f.name, f.sha256, f.bytes) for f in loaded.inputs] == [
        ("officer.csv", hashlib.sha256(content).hexdigest(), len(content))
    ]
    assert any("readme.txt" in note for note in loaded.notes)


def test_an_absent_table_is_named_and_so_is_what_could_not_be_checked(tmp_path: Path) -> None:
    write_csv(tmp_path / "absence.csv", [row("absence", 1, officer_id=99)])
    with Store(threads=1) as store:
        loaded = load_records(tmp_path, store=store)
        assert store.tables("loaded") == {"absence"}
    assert loaded.absent == tuple(table.name for table in CONTRACT if table.name != "absence")
    assert loaded.notes == ("absence.officer_id was not checked: the table officer is absent.",)
    assert loaded.counts[0].loaded == 1


def test_rows_lie_in_key_order_and_still_cite_the_row_of_their_file(tmp_path: Path) -> None:
    keys = [5, 3, 9, 1, 7]
    write_csv(tmp_path / "officer.csv", [row("officer", key) for key in keys])
    with Store(threads=1) as store:
        load_records(tmp_path, store=store)
        found = loaded_rows(store, "officer")
    assert [r[0] for r in found] == sorted(keys)
    assert {r[0]: r[-1] for r in found} == {key: n for n, key in enumerate(keys, start=1)}


def test_a_table_whose_rows_are_all_rejected_is_there_and_empty(tmp_path: Path) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1, workforce="ghost")])
    with Store(threads=1) as store:
        loaded = load_records(tmp_path, store=store)
        assert loaded_rows(store, "officer") == []
        columns = [d[0] for d in store.rows("DESCRIBE loaded.officer")]
    assert columns == [*CONTRACT["officer"].names, "source_file", "source_row"]
    assert (loaded.counts[0].rows_in, loaded.counts[0].quarantined) == (1, 1)


def test_text_and_parquet_of_the_same_records_give_the_same_rows(tmp_path: Path) -> None:
    tables = ["expense", "shift", "posting", "external_register"]
    found = []
    for form in ("csv", "parquet"):
        folder = tmp_path / form
        folder.mkdir()
        for table in tables:
            rows = [row(table, key) for key in (1, 2, 3)]
            if form == "csv":
                write_csv(folder / f"{table}.csv", rows)
            else:
                write_parquet(folder / f"{table}.parquet", table, rows)
        with Store(threads=1) as store:
            load_records(folder, store=store)
            found.append({t: store.rows(f"SELECT * EXCLUDE (source_file) FROM loaded.{t}") for t in tables})
    assert found[0] == found[1]


def shuffled_world(folder: Path) -> Path:
    """Several thousand rows out of order, with doubled keys, orphans and unknown values among them."""
    officers = [row("officer", (key * 7919) % 9973 + 1) for key in range(9000)]
    absences = [
        row("absence", (key * 31) % 8999, officer_id=key % 12000 + 1, kind="sickness" if key % 50 else "flu")
        for key in range(9000)
    ]
    write_csv(folder / "officer.csv", officers)
    write_parquet(folder / "absence.parquet", "absence", absences)
    return folder


def everything(folder: Path, *, threads: int) -> tuple[LoadReport, list[Any]]:
    with Store(threads=threads) as store:
        loaded = load_records(folder, store=store)
        tables = ["loaded.officer", "loaded.absence", "quarantine.rows"]
        return loaded, [store.rows(f"FROM {table}") for table in tables]


def test_the_number_of_threads_changes_nothing(tmp_path: Path) -> None:
    shuffled_world(tmp_path)
    first, second = everything(tmp_path, threads=1), everything(tmp_path, threads=2)
    assert first == second
    by_table = {count.table: count for count in first[0].counts}
    assert by_table["officer"].quarantined == 0
    assert 0 < by_table["absence"].quarantined < by_table["absence"].rows_in
    broken = {c.constraint: c.violations for c in first[0].constraints if c.table == "absence"}
    assert broken["values(kind)"] == 180
    assert broken["unique(absence_id)"] == 2
    assert broken["reference(officer_id)"] > 0


def test_a_table_put_in_order_a_slice_at_a_time_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shuffled_world(tmp_path)
    whole = everything(tmp_path, threads=2)
    monkeypatch.setattr(quarantine, "SLICE", 1000)
    assert everything(tmp_path, threads=2) == whole
    officers = whole[1][0]
    assert [r[0] for r in officers] == sorted(r[0] for r in officers)
    assert len(officers) == 9000


def test_nothing_is_taken_over_from_an_earlier_load(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    write_csv(first / "officer.csv", [row("officer", 1, workforce="ghost")])
    write_csv(second / "absence.csv", [row("absence", 1)])
    with Store(threads=1) as store:
        load_records(first, store=store)
        load_records(second, store=store)
        assert store.tables("loaded") == {"absence"}
        assert store.value("SELECT count(*) FROM quarantine.rows") == 0


def test_every_statement_of_the_load_is_kept_without_a_path_of_this_machine(tmp_path: Path) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1)])
    with Store(threads=1) as store:
        load_records(tmp_path, store=store)
        assert "stage officer" in [step.name for step in store.steps]
        assert [step.name for step in store.steps if str(tmp_path) in step.sql] == []
        assert any("'officer.csv'" in step.sql for step in store.steps)


def test_progress_names_each_step(tmp_path: Path) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1)])
    said: list[str] = []
    with Store(threads=1) as store:
        load_records(tmp_path, store=store, progress=said.append)
    assert said == ["Reading officer.csv", "Checking officer"]


def test_a_dangling_link_is_counted_and_loaded(tmp_path: Path) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1)])
    write_csv(tmp_path / "expense.csv", [row("expense", 1), row("expense", 2, approver_id=77)])
    with Store(threads=1) as store:
        loaded = load_records(tmp_path, store=store)
    (link,) = [c for c in loaded.constraints if c.constraint == "link(approver_id)"]
    assert (link.violations, link.rejects) == (1, False)
    assert loaded.counts[1].loaded == 2


def test_a_link_to_a_table_that_is_loaded_later_in_the_contract_is_checked_too(tmp_path: Path) -> None:
    write_csv(tmp_path / "roster_edit.csv", [row("roster_edit", 1), row("roster_edit", 2, shift_id=9)])
    write_csv(tmp_path / "shift.csv", [row("shift", 1)])
    with Store(threads=1) as store:
        loaded = load_records(tmp_path, store=store)
    assert {c.constraint: c.violations for c in loaded.constraints}["link(shift_id)"] == 1


# ---------------------------------------------------------------- when counts cannot be trusted


def test_a_count_that_differs_from_great_expectations_stops_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1)])
    check = ExpectationChecker.check

    def wrong(self: ExpectationChecker, *arguments: Any, **named: Any) -> Any:
        verdicts, shapes = check(self, *arguments, **named)
        return verdicts | {"required(officer_id)": ExpectationResult(3, {})}, shapes

    monkeypatch.setattr(ExpectationChecker, "check", wrong)
    with (
        Store(threads=1) as store,
        pytest.raises(CountsDisagree, match=r"required\(officer_id\): 3 by Great") as caught,
    ):
        load_records(tmp_path, store=store)
    assert caught.value.exit_code == 1


def test_of_a_large_table_a_sample_confirms_what_sql_counted_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shuffled_world(tmp_path)
    whole, rows = everything(tmp_path, threads=1)
    monkeypatch.setattr(expectations, "MOST_SAMPLED", 1000)
    sampled, same_rows = everything(tmp_path, threads=1)
    assert same_rows == rows
    assert sampled.constraints == whole.constraints
    assert any(c.violations for c in sampled.constraints)
    notes = [note for note in sampled.notes if note not in whole.notes]
    assert [note.partition(":")[0] for note in notes] == ["officer", "absence"]
    assert all(note.endswith("one row in 9.") for note in notes)


def test_what_sql_overlooks_everywhere_is_seen_in_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shuffled_world(tmp_path)
    monkeypatch.setattr(expectations, "MOST_SAMPLED", 1000)
    find = loading.find_violations

    def overlooking(*arguments: Any, **named: Any) -> Any:
        violations = find(*arguments, **named)
        return replace(
            violations, counts=violations.counts | dict.fromkeys(violations.counts.keys() & {"values(kind)"}, 0)
        )

    monkeypatch.setattr(loading, "find_violations", overlooking)
    with Store(threads=1) as store, pytest.raises(CountsDisagree, match=r"values\(kind\): \d+ by Great"):
        load_records(tmp_path, store=store)


def test_rows_that_do_not_add_up_stop_the_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1)])
    finish = loading.finish_table
    monkeypatch.setattr(loading, "finish_table", lambda *arguments, **named: finish(*arguments, **named) - 1)
    with Store(threads=1) as store, pytest.raises(CountsDisagree, match="do not add up"):
        load_records(tmp_path, store=store)


def test_a_source_that_stages_the_wrong_type_is_found_out(tmp_path: Path) -> None:
    with Store(threads=1) as store:
        store.run("CREATE SCHEMA loaded")
        columns = ", ".join(f"NULL::{c.type} AS {c.name}" for c in CONTRACT["officer"].columns)
        columns = columns.replace("NULL::DATE AS joined_on", "NULL::VARCHAR AS joined_on")
        extra = "'f' AS source_file, 1::BIGINT AS source_row, NULL::VARCHAR AS unread, NULL::VARCHAR AS refused"
        store.run(f"CREATE TABLE loaded.officer AS SELECT {columns}, {extra}")
        with pytest.raises(ExpectationFailed, match="joined_on"):
            ExpectationChecker(store).check(CONTRACT["officer"], (), rows=1)


def test_without_great_expectations_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1)])
    monkeypatch.setitem(sys.modules, "duckdb_engine", None)
    expectations._library.cache_clear()
    try:
        with Store(threads=1) as store, pytest.raises(ValidationMissing) as caught:
            load_records(tmp_path, store=store)
    finally:
        expectations._library.cache_clear()
    assert isinstance(caught.value, OpencseError)
    assert 'pip install "opencse[validation]"' in str(caught.value)


def test_a_parquet_file_s_statistics_are_not_believed(tmp_path: Path) -> None:
    """A writer leaves NaN out of a column's statistics, and a filter that trusts them never sees the row."""
    rows = [row("posting", key, fte=float("nan") if key == 2 else 1.0) for key in (1, 2, 3)]
    path = write_parquet(tmp_path / "posting.parquet", "posting", rows)
    statistics = pq.ParquetFile(path).metadata.row_group(0).column(CONTRACT["posting"].names.index("fte")).statistics
    assert statistics.max == 1.0
    with Store(threads=1) as store:
        loaded = load_records(tmp_path, store=store)
        assert [r[0] for r in loaded_rows(store, "posting")] == [1, 3]
    assert loaded.counts[0].quarantined == 1


def test_a_day_is_read_as_itself(tmp_path: Path) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1, joined_on="1999-12-31", left_on="2024-02-29")])
    with Store(threads=1) as store:
        load_records(tmp_path, store=store)
        assert loaded_rows(store, "officer") == [
            (1, "officer", date(1999, 12, 31), date(2024, 2, 29), "officer.csv", 1)
        ]
