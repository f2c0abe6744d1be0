"""What is remembered is what would be computed again, of the very same input, and of no other."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.contract import CONTRACT
from data.memo import FIRST, MOST, Memo, recall, recall_each, remembering
from data.sample_records import arrow_table, complete_rows
from data.store import Store
from pipeline.loading import load_records


def calls_of(count: list[int], *inputs: object) -> int:
    """Return how often something was computed when these inputs have been asked for, one after the other."""
    for one in inputs:
        recall("count", [one], lambda: count.append(1))
    return len(count)


def test_without_a_memo_everything_is_computed() -> None:
    assert calls_of([], np.zeros(3), np.zeros(3)) == 2


def test_equal_arrays_are_computed_once_and_others_anew() -> None:
    with remembering(Memo()):
        assert calls_of([], np.zeros(3), np.zeros(3), np.zeros((3, 1)), np.zeros(3, dtype=np.int64), None, None) == 4


def test_a_result_of_none_is_remembered_too() -> None:
    asked: list[list[int]] = []

    def nothing(at: list[int]) -> list[None]:
        asked.append(at)
        return [None] * len(at)

    with remembering(Memo()):
        for _ in range(2):
            assert recall_each("none", [["a"], ["b"]], nothing) == [None, None]
    assert asked == [[0, 1]]


def test_the_first_results_are_kept_for_good_and_of_others_the_last() -> None:
    memo, count = Memo(), list[int]()
    with remembering(memo):
        calls_of(count, *range(FIRST + MOST + 50))
        assert len(memo) == FIRST + MOST
        assert calls_of(count, 0, FIRST - 1, FIRST + 50, FIRST + MOST + 49) == FIRST + MOST + 50
        assert calls_of(count, FIRST) == FIRST + MOST + 51


def officers(*ids: int) -> pa.Table:
    return arrow_table(CONTRACT["officer"], complete_rows({"officer": [{"officer_id": n} for n in ids]})["officer"])


def counted(store: Store, ran: list[int]) -> int:
    """Count the loaded officers through the memo in force, and note that the statement ran."""
    sql = "SELECT count(*) FROM loaded.officer"

    def run() -> int:
        ran.append(1)
        return int(store.value(sql))

    return store.kept(sql, run)


def test_a_statement_on_the_tables_that_last_runs_once_however_often_they_are_loaded() -> None:
    lasting, ran = officers(1, 2), list[int]()
    with remembering(Memo(lasting=[lasting])):
        for _ in range(3):
            with Store() as store:
                load_records({"officer": lasting}, store=store, check="trusted")
                assert counted(store, ran) == 2
    assert len(ran) == 1


def test_a_table_that_does_not_last_or_replaces_one_is_read() -> None:
    lasting, ran = officers(1, 2), list[int]()
    with remembering(Memo(lasting=[lasting])), Store() as store:
        load_records({"officer": lasting}, store=store, check="trusted")
        assert counted(store, ran) == 2
        load_records({"officer": officers(1, 2, 3)}, store=store, check="trusted")
        assert counted(store, ran) == 3
        load_records({"officer": lasting}, store=store, check="trusted")
        assert counted(store, ran) == 2
        store.run("CREATE OR REPLACE VIEW loaded.officer AS SELECT * FROM arrow_officer LIMIT 1")
        assert counted(store, ran) == 1
    assert len(ran) == 3


def test_what_is_checked_on_loading_is_never_taken_for_what_it_was_loaded_from() -> None:
    lasting, ran = officers(1, 2), list[int]()
    with remembering(Memo(lasting=[lasting])), Store() as store:
        load_records({"officer": lasting}, store=store, check="trusted")
        load_records({"officer": officers(7)}, store=store, check="constraints")
        assert counted(store, ran) == 1
