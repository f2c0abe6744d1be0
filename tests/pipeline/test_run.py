"""A run gives the same bits whatever does not matter, and nothing leaks into it."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pipeline.run
from data.arrow import arrow_schema
from data.contract import CONTRACT
from data.errors import UsageError
from data.schema import Column, Table
from data.store import StatementFailed, Store
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import load
from pipeline.trial import try_records
from tests import small_force
from tests.runs import Runner

RESULTS = ("features", "scores", "flags", "evidence", "subjects", "practices")


def results(folder: RunFolder) -> dict[str, bytes]:
    return {name: (folder.path / f"{name}.parquet").read_bytes() for name in RESULTS}


def test_the_run_folder_holds_every_named_part(finished: RunFolder) -> None:
    named = ["config.toml", "manifest.json", "validation/quarantine.parquet", "validation/index.html"]
    named += ["lineage/steps.json", *(f"{name}.parquet" for name in RESULTS)]
    assert [name for name in named if not (finished.path / name).is_file()] == []
    listed = {o["path"] for o in finished.manifest["outputs"]}
    # The manifest is a leaf of the log, so what rests on the whole log is written after it.
    later = {"manifest.json", "ledger/leaves.jsonl", "ledger/proofs.jsonl", "ledger/checkpoint"}
    assert listed == {p.relative_to(finished.path).as_posix() for p in finished.path.rglob("*") if p.is_file()} - later


def test_the_planted_patterns_are_among_the_flags(finished: RunFolder) -> None:
    flags = finished.table("flags").to_pylist()
    found = {(f["subject_id"], f["concern"], f["family"]) for f in flags}
    assert (7, "standards", "peer") in found  # takes paid rest days by editing their own roster
    # Two people look somebody up again off duty, one of them often: too few to say what is ordinary.
    assert (9, "standards", "contradiction") not in found
    assert (8, "standards", "contradiction") in found  # claims office days
    # One interest that was not declared may be a wrong match: it is counted, and no flag.
    assert (11, "standards", "contradiction") not in found


def test_a_flag_says_which_promise_it_carries(finished: RunFolder) -> None:
    flags = finished.table("flags").to_pylist()
    assert {f["promise"] for f in flags if f["family"] == "contradiction"} == {"contradiction"}
    assert {f["promise"] for f in flags if f["family"] == "peer"} == {"comparison", "none"}
    assert all((f["promise"] == "none") == (f["concern"] == "welfare") for f in flags if f["family"] == "peer")


def test_rows_in_are_rows_loaded_and_quarantined(finished: RunFolder) -> None:
    counts = finished.manifest["counts"]
    assert counts
    assert all(c["rows_in"] == c["loaded"] + c["quarantined"] for c in counts)


@pytest.mark.parametrize("threads", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_a_second_run_gives_the_same_folder_to_the_byte(
    finished: RunFolder, force: Path, runner: Runner, threads: int
) -> None:
    """With one thread; that of the next test has as many as the one it is held against."""
    again = runner(force, threads=threads)
    first = {p.relative_to(finished.path): p.read_bytes() for p in finished.path.rglob("*") if p.is_file()}
    second = {p.relative_to(again.path): p.read_bytes() for p in again.path.rglob("*") if p.is_file()}
    assert first.keys() == second.keys()
    assert [str(name) for name in first if first[name] != second[name]] == []


def test_a_run_that_keeps_its_database_in_a_file_gives_the_same_folder_and_leaves_no_file(
    finished: RunFolder, force: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.run.LARGE", 0)
    again = runner(force)
    first = {p.relative_to(finished.path): p.read_bytes() for p in finished.path.rglob("*") if p.is_file()}
    second = {p.relative_to(again.path): p.read_bytes() for p in again.path.rglob("*") if p.is_file()}
    assert first == second
    assert list(again.path.parent.iterdir()) == [again.path]


def test_rows_known_on_or_after_the_as_of_date_change_no_byte(
    finished: RunFolder, force_rows: dict[str, list[dict[str, Any]]], tmp_path: Path, runner: Runner
) -> None:
    rng = np.random.default_rng(20260101)
    crowded = {name: [*rows, *_canaries(CONTRACT[name], rows, rng)] for name, rows in force_rows.items()}
    assert sum(map(len, crowded.values())) > sum(map(len, force_rows.values())) + 500
    with_canaries = runner(small_force.write(tmp_path / "records", crowded))
    claimed = {c["table"]: c["quarantined"] for c in with_canaries.manifest["counts"] if c["quarantined"]}
    assert claimed == {name: CLAIMING for name in force_rows if CONTRACT[name].known}
    assert results(with_canaries) == results(finished)


CLAIMING = 10
"""How many canaries of a table claim the key of a row that was there before them."""


def _canaries(table: Table, rows: list[dict[str, Any]], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Copies of random rows with random values that a leak would notice, known from now on only; most have new keys."""
    if table.known is None:
        return []
    made = []
    for number in range(60):
        row = dict(rows[int(rng.integers(len(rows)))])
        if number >= CLAIMING:
            row[str(table.key)] = 10_000_000 + number
        later = small_force.AS_OF + timedelta(days=int(rng.integers(0, 30)))
        for name in sorted({"officer_id", "unit_id"} & set(table.names) - {str(table.key)}):
            row[name] = int(rng.integers(1, small_force.TEAMS + 1))
        row[table.known] = later
        made.append(row)
    return made


def test_what_is_learnt_later_about_known_rows_changes_no_value(
    finished: RunFolder, force_rows: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """Outcomes and ends that come in on or after the as-of date read as if they were not there yet."""
    changed = 0
    told: dict[str, list[dict[str, Any]]] = {}
    for name, rows in force_rows.items():
        told[name] = [dict(row) for row in rows]
        for row in told[name]:
            changed += _tell(CONTRACT[name], row)
    assert changed > 300
    records = small_force.write(tmp_path / "records", told)
    trial = try_records(records, settings=load(), as_of=[small_force.AS_OF], evidence=True, checked=True)
    assert [name for name in RESULTS if not getattr(trial, name).equals(finished.table(name))] == []


def _tell(table: Table, row: dict[str, Any]) -> int:
    gates = {c.known_from for c in table.columns if c.known_from}
    unknown = [str(g) for g in gates if row[str(g)] is None]
    for gate in unknown:
        row[gate] = _later(table.column[gate])
        for column in table.columns:
            if column.known_from == gate and column.name != gate:
                row[column.name] = column.values[-1]
    return len(unknown)


def _later(column: Column) -> date:
    day = small_force.AS_OF + timedelta(days=3)
    return datetime(day.year, day.month, day.day, 12) if column.type == "TIMESTAMP" else day  # noqa: DTZ001


def test_after_loading_neither_records_nor_truth_are_needed(
    finished: RunFolder, force: Path, tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the later stages read, it cannot be a file of the records folder or of a truth folder beside it."""
    world = tmp_path / "world"
    shutil.copytree(force, world / "records")
    (world / "truth").mkdir()
    pq.write_table(pa.table({"officer_id": [1, 2, 3]}), world / "truth" / "truth_subject.parquet")
    original = pipeline.run._compute

    def find_with_everything_gone(*arguments: Any) -> Any:
        shutil.rmtree(world)
        return original(*arguments)

    monkeypatch.setattr(pipeline.run, "_compute", find_with_everything_gone)
    assert results(runner(world / "records")) == results(finished)


def test_protected_characteristics_are_checked_and_then_out_of_reach(
    finished: RunFolder,
    force_rows: dict[str, list[dict[str, Any]]],
    tmp_path: Path,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The table is gone before the first stage that could read it, so no statement can, and none that ran names it."""
    table = CONTRACT["protected_characteristic"]
    rows = [{c.name: None for c in table.columns} | {"officer_id": o, "sex": "female"} for o in range(1, 50)]
    reached: list[str] = []
    original = pipeline.run._compute

    def find_after_trying(store: Store, *arguments: Any) -> Any:
        with pytest.raises(StatementFailed):
            store.rows("SELECT * FROM loaded.protected_characteristic")
        everything = "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%protected%'"
        reached.extend(name for (name,) in store.rows(everything))
        return original(store, *arguments)

    monkeypatch.setattr(pipeline.run, "_compute", find_after_trying)
    records = small_force.write(tmp_path / "records", force_rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=arrow_schema(table)), records / "protected_characteristic.parquet")
    folder = runner(records)
    assert reached == []
    assert results(folder) == results(finished)
    counted = {c["table"]: c["loaded"] for c in folder.manifest["counts"]}
    assert counted["protected_characteristic"] == len(rows)
    later = [p for p in sorted((folder.path / "lineage" / "sql").iterdir()) if str(small_force.AS_OF) in p.name]
    assert later
    assert [p.name for p in later if "protected_characteristic" in p.read_text()] == []


def test_a_run_without_the_officer_table_says_what_it_skipped(
    force_rows: dict[str, list[dict[str, Any]]], tmp_path: Path, runner: Runner
) -> None:
    alone = {"shift": force_rows["shift"]}
    folder = runner(small_force.write(tmp_path / "records", alone))
    assert "officer" in folder.manifest["absent"]
    assert folder.table("flags").num_rows == 0
    assert any("roster_self_edits" in line for line in folder.manifest["skipped"])


@pytest.fixture(scope="module")
def unnamed(force: Path, runner: Runner) -> RunFolder:
    """A run on the records of the working directory, as of no date that is named."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(force)
        return runner(Path(), as_of=())


def test_the_default_as_of_date_is_the_day_after_the_last_known_row(unnamed: RunFolder) -> None:
    assert unnamed.manifest["as_of"] == [str(small_force.START + timedelta(days=small_force.DAYS))]


def test_kept_sql_is_the_same_from_wherever_the_records_are_named(finished: RunFolder, unnamed: RunFolder) -> None:
    kept, again = (sorted((f.path / "lineage" / "sql").iterdir()) for f in (finished, unnamed))
    assert [path.name for path in again] == [path.name for path in kept]
    assert [path.read_text() for path in again] == [path.read_text() for path in kept]


def test_kept_sql_runs_as_it_is_kept_from_the_records_folder(
    finished: RunFolder, force: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(force)
    (stage,) = (finished.path / "lineage" / "sql").glob("*-stage-complaint.sql")
    with Store(threads=1) as store:
        store.run("CREATE SCHEMA loaded")
        store.run(stage.read_text())
        assert store.value("SELECT count(*) FROM loaded.complaint") == pq.read_table("complaint.parquet").num_rows


def test_one_far_day_does_not_change_whom_a_run_flags(
    finished: RunFolder, force_rows: dict[str, list[dict[str, Any]]], tmp_path: Path, runner: Runner
) -> None:
    future = {"officer_id": 999_999, "workforce": "officer", "joined_on": date(2099, 12, 31), "left_on": None}
    records = small_force.write(tmp_path / "records", force_rows | {"officer": [*force_rows["officer"], future]})
    folder = runner(records, as_of=())
    assert folder.manifest["as_of"] == [str(small_force.START + timedelta(days=small_force.DAYS))]
    assert any("1 rows became known only after" in note for note in folder.manifest["notes"])


def test_an_existing_folder_is_never_overwritten_unasked(finished: RunFolder, force: Path) -> None:
    with pytest.raises(UsageError, match="exists already"):
        run(force, out=finished.path, settings=load(), as_of=[small_force.AS_OF])


def test_what_is_not_a_run_is_never_overwritten(force: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="exists already"):
        run(force, out=precious, settings=load(), as_of=[small_force.AS_OF], overwrite=True)
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_a_run_that_fails_leaves_nothing_behind(force: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> Any:
        raise RuntimeError("the machine went down")

    monkeypatch.setattr(pipeline.run, "_compute", fail)
    with pytest.raises(RuntimeError, match="went down"):
        run(force, out=tmp_path / "run", settings=load(), as_of=[small_force.AS_OF])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_comes_to_exist_during_a_run_stays_as_it_is(
    few_tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = pipeline.run._compute

    def be_overtaken(*arguments: Any) -> Any:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "thesis.txt").write_text("years of work")
        return original(*arguments)

    monkeypatch.setattr(pipeline.run, "_compute", be_overtaken)
    with pytest.raises(UsageError, match="exists already"):
        run(few_tables, out=tmp_path / "run", settings=load(), as_of=[small_force.AS_OF])
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "thesis.txt"]


def test_of_two_runs_to_one_folder_the_second_is_refused(
    few_tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"

    original = pipeline.run._compute

    def start_again(*arguments: Any) -> Any:
        with pytest.raises(UsageError, match="Another command is writing there"):
            run(few_tables, out=out, settings=load(), as_of=[small_force.AS_OF], overwrite=True)
        return original(*arguments)

    monkeypatch.setattr(pipeline.run, "_compute", start_again)
    run(few_tables, out=out, settings=load(), as_of=[small_force.AS_OF])
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
