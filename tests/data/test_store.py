"""All SQL goes through one door, which keeps named statements and explains those that fail."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import MachineFault
from data.store import StatementFailed, Step, Store, literal, quoted

ROOT = Path(__file__).parents[2]

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
SHARED = Store(threads=1)


@given(TEXT)
def test_a_literal_reads_back_as_the_text_it_was(text: str) -> None:
    assert SHARED.value(f"SELECT {literal(text)}") == text


@given(TEXT.filter(bool))
def test_a_quoted_name_names_one_column_whatever_stands_in_it(name: str) -> None:
    assert SHARED.arrow(f"SELECT 1 AS {quoted(name)}").column_names == [name]


def test_named_statements_are_kept_in_order_and_others_are_not() -> None:
    with Store(threads=1) as store:
        store.run("CREATE TABLE t (a INTEGER)", step="create")
        store.run("INSERT INTO t VALUES (1), (2)")
        assert store.value("SELECT sum(a) FROM t", step="sum") == 3
        assert store.steps == [Step("create", "CREATE TABLE t (a INTEGER)"), Step("sum", "SELECT sum(a) FROM t")]


def test_a_statement_that_fails_says_its_step_its_text_and_whose_fault_it_is() -> None:
    with Store(threads=1) as store, pytest.raises(StatementFailed) as caught:
        store.rows("SELECT\n   missing FROM nowhere", step="look")
    failure = caught.value
    assert failure.summary == "The database refused the step 'look'."
    assert failure.where == "SELECT missing FROM nowhere"
    assert "nowhere" in str(failure.found)
    assert "fault in OpenCSE" in str(failure.hint)
    assert failure.exit_code == 1


def test_a_statement_without_a_name_fails_as_such() -> None:
    with Store(threads=1) as store, pytest.raises(StatementFailed, match="the step 'unnamed'"):
        store.run("SELEC 1")


def test_parameters_are_values_and_never_sql() -> None:
    with Store(threads=1) as store:
        text = "'; DROP TABLE t; --"
        store.run("CREATE TABLE t AS SELECT ? AS a", parameters=[text])
        assert store.rows("SELECT a FROM t WHERE a = ?", parameters=[text]) == [(text,)]


def test_an_arrow_table_goes_in_and_comes_out_the_same() -> None:
    table = pa.table({"id": pa.array([1, None], pa.int64()), "name": pa.array(["a", "b"])})
    with Store(threads=1) as store:
        store.register("given", table)
        assert store.arrow("FROM given").equals(table)


def test_the_tables_of_a_schema_are_its_tables_and_views() -> None:
    with Store(threads=1) as store:
        store.run("CREATE SCHEMA one")
        store.run("CREATE TABLE one.t AS SELECT 1 AS a")
        store.run("CREATE VIEW one.v AS SELECT 1 AS a")
        store.run("CREATE TABLE other AS SELECT 1 AS a")
        assert store.tables("one") == {"t", "v"}
        assert store.tables("none") == set()


def test_rows_keep_the_order_in_which_they_were_put() -> None:
    with Store(threads=2) as store:
        store.run("CREATE TABLE t AS SELECT (range * 7919) % 100003 AS a FROM range(100000)")
        assert [a for (a,) in store.rows("SELECT a FROM t LIMIT 5")] == [0, 7919, 15838, 23757, 31676]


def test_nothing_is_fetched_from_anywhere_for_a_missing_extension() -> None:
    with Store(threads=1) as store:
        assert store.value("SELECT current_setting('autoinstall_known_extensions')") is False


def test_a_closed_store_answers_nothing() -> None:
    with Store(threads=1) as store:
        pass
    with pytest.raises(StatementFailed):
        store.rows("SELECT 1")


LONG_STATEMENT = """
import signal
from data.store import Store

# Whoever starts the tests in the background of a shell leaves SIGINT ignored.
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.default_int_handler)
with Store(threads=1) as store:
    try:
        print("begun", flush=True)
        store.rows("SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE a.range % 7 = b.range % 11")
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_while_a_statement_runs_is_an_interruption(number: signal.Signals) -> None:
    """DuckDB raises a RuntimeError of its own in the place of what the handler raised."""
    process = subprocess.Popen([sys.executable, "-c", LONG_STATEMENT], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(0.5)
    process.send_signal(number)
    output, _ = process.communicate(timeout=600)
    assert (process.returncode, output) == (0, "interrupted\n")


def test_the_names_of_tables_follow_whatever_changes_them() -> None:
    with Store(threads=1) as store:
        store.run("CREATE SCHEMA loaded")
        assert store.tables("loaded") == set()
        store.run("create table loaded.one (n INTEGER)")
        assert store.tables("loaded") == {"one"}
        for begin in (lambda: None, lambda: store.tables("loaded")):
            store.run("CREATE TABLE loaded.three (n INTEGER)")
            store.run("DROP TABLE loaded.three")
            begin()
            with store.taken_back():
                store.run("CREATE VIEW loaded.two AS SELECT 1 AS n")
                assert store.tables("loaded") == {"one", "two"}
            assert store.tables("loaded") == {"one"}
        store.register("rows", pa.table({"n": [1]}))
        assert store.tables("main") == {"rows"}
        store.unregister("rows")
        assert store.tables("main") == set()
        store.run("ALTER TABLE loaded.one RENAME TO other")
        assert store.tables("loaded") == {"other"}
        store.tables("loaded").add("mine")
        assert store.tables("loaded") == {"other"}
        store.connection.execute("DROP TABLE loaded.other")
        assert store.tables("loaded") == set()


def test_a_database_without_memory_says_so() -> None:
    with Store(threads=1, memory="20MB") as store:
        store.run("SET temp_directory = ''")
        with pytest.raises(MachineFault) as refusal:
            store.rows("SELECT list(n) FROM range(50000000) AS t(n)")
    assert (refusal.value.exit_code, refusal.value.summary) == (5, "The memory is used up.")


class InterruptedTable:
    """An Arrow table during whose reading the process is interrupted."""

    def __arrow_c_schema__(self) -> object:
        return pa.schema([("a", pa.int64())]).__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise KeyboardInterrupt


def test_an_interruption_while_the_database_reads_an_arrow_table_is_an_interruption() -> None:
    with Store(threads=1) as store:
        store.connection.register("t", InterruptedTable())
        for ask in (store.rows, store.arrow):
            with pytest.raises(KeyboardInterrupt):
                ask("SELECT count(*) FROM t")


def test_a_text_that_names_an_interruption_is_none() -> None:
    with Store(threads=1) as store, pytest.raises(StatementFailed):
        store.rows("SELECT CAST('KeyboardInterrupt' AS BIGINT)")
