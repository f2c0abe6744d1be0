"""A trial finds exactly what a run finds, in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.arrow import arrow_schema
from data.contract import CONTRACT
from data.errors import InputRejected
from data.sample_records import arrow_table
from data.store import StatementFailed, Store
from data.synthetic.generate import generate
from data.synthetic.memory_world import make_world
from data.synthetic.world import load as load_world
from pipeline.loading import load_records, read_parquet_folder
from pipeline.run_folder import RunFolder
from pipeline.settings import load
from pipeline.trial import Trial, try_records
from tests import small_force
from tests.runs import Runner

TABLES = ("features", "subjects", "scores", "flags", "evidence")


def told(trial: Trial) -> dict[str, pa.Table]:
    return {name: getattr(trial, name) for name in TABLES}


@pytest.fixture(scope="module")
def trial(force: Path) -> Trial:
    return try_records(force, settings=load(), as_of=[small_force.AS_OF], evidence=True)


def test_a_trial_finds_what_a_run_finds_to_the_last_row(trial: Trial, finished: RunFolder) -> None:
    assert len(trial.flags) > 3
    assert [name for name, table in told(trial).items() if not table.equals(finished.table(name))] == []


def test_the_outcomes_of_a_trial_are_those_of_a_run(trial: Trial, finished: RunFolder) -> None:
    outcomes = [row | {"as_of": str(row["as_of"])} for row in trial.selections.to_pylist()]
    assert outcomes == finished.manifest["selections"]


def test_without_evidence_everything_but_the_ids_of_flags_is_the_same(trial: Trial, force: Path) -> None:
    bare = try_records(force, settings=load(), as_of=[small_force.AS_OF])
    assert len(bare.evidence) == 0
    assert bare.flags.drop(["flag_id"]).equals(trial.flags.drop(["flag_id"]))
    assert bare.scores.equals(trial.scores)


def test_without_contributions_nothing_else_is_different(trial: Trial, force: Path) -> None:
    bare = try_records(force, settings=load(), as_of=[small_force.AS_OF], contributions=False)
    assert bare.flags.drop(["flag_id"]).equals(trial.flags.drop(["flag_id"]))
    assert bare.scores.drop(["contributions"]).equals(trial.scores.drop(["contributions"]))
    assert set(bare.scores["contributions"].to_pylist()) == {"[]"} < set(trial.scores["contributions"].to_pylist())


def test_neither_threads_nor_the_order_of_rows_change_a_flag(trial: Trial, force: Path) -> None:
    backwards = {name: t.take(pa.array(range(len(t) - 1, -1, -1))) for name, t in read_parquet_folder(force).items()}
    again = try_records(backwards, settings=load(), as_of=[small_force.AS_OF], threads=2)
    assert again.flags.drop(["flag_id"]).equals(trial.flags.drop(["flag_id"]))
    assert again.features.equals(trial.features)


def test_rows_that_break_the_contract_are_left_out_of_a_checked_trial_as_out_of_a_run(
    force_rows: dict[str, list[dict[str, Any]]], tmp_path: Path, runner: Runner
) -> None:
    broken = {name: list(rows) for name, rows in force_rows.items()}
    broken["shift"] = [row | ({"duty": "siesta"} if row["shift_id"] % 7 == 0 else {}) for row in broken["shift"]]
    broken["complaint"] = [
        row | ({"received_on": None} if row["allegation_id"] % 3 == 0 else {}) for row in broken["complaint"]
    ]
    records = small_force.write(tmp_path / "records", broken)
    run = runner(records)
    tried = try_records(records, settings=load(), as_of=[small_force.AS_OF], evidence=True, checked=True)
    assert sum(c["quarantined"] for c in run.manifest["counts"]) > 100
    assert [name for name, table in told(tried).items() if not table.equals(run.table(name))] == []


def test_the_constraints_that_rows_violate_are_counted(force_rows: dict[str, list[dict[str, Any]]]) -> None:
    rows = [row | {"officer_id": 999_999} for row in force_rows["absence"][:3]] + force_rows["absence"][3:]
    tables = {name: arrow_table(CONTRACT[name], given) for name, given in (force_rows | {"absence": rows}).items()}
    with Store() as store:
        violations = load_records(tables, store=store, check="constraints").violations
    assert {table for table, _ in violations} == {"absence"}
    assert max(violations.values()) == 3


def test_what_only_audits_may_read_is_not_loaded() -> None:
    table = CONTRACT["protected_characteristic"]
    with Store() as store:
        records = {table.name: arrow_schema(table).empty_table()}
        load_records(records, store=store, check="trusted", tables=CONTRACT.readable)
        with pytest.raises(StatementFailed):
            store.rows("SELECT * FROM loaded.protected_characteristic")


def test_a_world_made_in_memory_is_the_world_that_is_written(tmp_path: Path) -> None:
    world = load_world("lookalike", people=120, months=2)
    made, written = make_world(world), generate(world, out=tmp_path / "world")
    assert made.records.keys() == {t.name for t in CONTRACT}
    for folder, tables in ((written.records, made.records), (written.truth, made.truth)):
        for name, table in tables.items():
            stored = pq.read_table(folder / f"{name}.parquet")
            assert table.replace_schema_metadata(None).cast(stored.schema).equals(stored), name


def test_a_folder_without_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="no table of the contract"):
        try_records(tmp_path, settings=load())


def test_a_table_with_other_columns_is_refused() -> None:
    with pytest.raises(InputRejected, match="does not have the contract's columns"):
        try_records({"officer": pa.table({"officer": [1]})}, settings=load())
