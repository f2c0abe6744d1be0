"""The command `stress`, as its users call it; what a plan measures is tested beside the plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.writing import write_table
from stress import harness
from stress.cell import FLAGGED, RESULTS, cell_id
from stress.harness import CellFailure, PlanRun
from stress.plan import Cell, load_plan
from tests.command_line import call, json_of, output_of, refusal_of

FAILURE = CellFailure("c", "demo", 500, 1, "set", "duplicates", 0.5, "the roster is upside down", "a long traceback")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let a plan end as a test wants, without running it, and keep what it was called with."""
    recorded: dict[str, Any] = {"failures": ()}

    def run_plan(_: object, out: Path, *, workers: int, backend: str, address: str, progress: object) -> PlanRun:
        recorded.update(workers=workers, backend=backend, address=address)
        return PlanRun(out, 9, 4, recorded["failures"])

    monkeypatch.setattr(harness, "run_plan", run_plan)
    return recorded


def test_cells_are_counted_and_the_next_command_is_named(calls: dict[str, Any], tmp_path: Path) -> None:
    text = output_of("stress", "quick", "--out", tmp_path)
    assert "9 cells: 4 were there already, 0 failed." in text
    assert f"opencse stress-overview {tmp_path}" in text
    assert json_of("stress", "quick", "--out", tmp_path)["cells"] == 9
    assert calls["backend"] == "loky"


def test_failed_cells_decide_the_exit_code_and_json_leaves_their_tracebacks_out(
    calls: dict[str, Any], tmp_path: Path
) -> None:
    calls["failures"] = (FAILURE,)
    assert "the roster is upside down" in call("stress", "quick", "--out", tmp_path).stdout
    assert "a long traceback" not in call("stress", "quick", "--out", tmp_path, "--json").stdout
    error = refusal_of("stress", "quick", "--out", tmp_path)
    assert (error.exit_code, error.summary) == (6, "1 of 9 cells failed.")


def test_workers_are_bounded_by_the_machine_and_an_address_is_handed_on(calls: dict[str, Any], tmp_path: Path) -> None:
    call("stress", "quick", "--out", tmp_path, "--workers", 5000)
    assert calls["workers"] < 5000
    call("stress", "quick", "--out", tmp_path, "--backend", "dask", "--address", "tcp://127.0.0.1:8786")
    assert (calls["backend"], calls["address"]) == ("dask", "tcp://127.0.0.1:8786")


def test_an_estimate_runs_nothing_and_takes_off_what_is_there(calls: dict[str, Any], tmp_path: Path) -> None:
    text = output_of("stress", "quick", "--estimate", "--workers", 2)
    assert "21 cells, of which 0 are there; 3 worlds to make." in text
    assert "of processor time" in text
    assert "MB on disk" in text
    out = tmp_path / "out"
    whole = json_of("stress", "quick", "--estimate", "--out", out)
    assert not out.exists()
    assert "workers" not in calls
    (out / "cells").mkdir(parents=True)
    for path, schema in zip(_files_of(load_plan("quick").cells()[0]), (RESULTS, FLAGGED), strict=True):
        write_table(schema.empty_table(), out / "cells" / path)
    rest = json_of("stress", "quick", "--estimate", "--out", out)
    assert (rest["finished"], rest["worlds"]) == (1, 3)
    assert rest["processor_seconds"] < whole["processor_seconds"]
    assert rest["disk_bytes"] * 21 == whole["disk_bytes"] * 20
    on_cluster = json_of("stress", "quick", "--estimate", "--backend", "dask", "--address", "tcp://127.0.0.1:8786")
    assert on_cluster["seconds"] is None


def _files_of(cell: Cell) -> tuple[str, str]:
    return f"{cell_id(cell)}.parquet", f"{cell_id(cell)}.flagged.parquet"


def test_without_a_folder_nothing_is_run(calls: dict[str, Any]) -> None:
    error = refusal_of("stress", "quick")
    assert (error.exit_code, error.expected) == (2, "--out FOLDER")
    assert not calls.get("workers")


def test_an_unknown_plan_is_refused(tmp_path: Path) -> None:
    error = refusal_of("stress", "nosuch", "--out", tmp_path)
    assert (error.exit_code, "nosuch" in str(error)) == (2, True)
