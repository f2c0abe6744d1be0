"""What a plan does when things go wrong around it: hostile plans, two at once, damaged files, full disks, signals."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import InputRejected, UsageError
from data.staging import locked
from pipeline.settings import CodeNotTrusted
from stress import harness
from stress.budget import budget_statement
from stress.cell import FLAGGED, RESULTS, cell_id
from stress.harness import CELLS, FAILURES, PLAN, is_whole, read_failures, run_plan
from stress.interruption import prompt_ending
from stress.overview import overview
from stress.plan import Cell, StressPlan, load_plan

ROOT = Path(__file__).parent.parent.parent
SMALL = """
title = "A small plan"
worlds = ["tiny"]
people = [60]
months = 2
seeds = 1
scenarios = [{scenarios}]
{more}
"""


def write_plan(folder: Path, *scenarios: str, more: str = "", name: str = "plan.toml") -> Path:
    path = folder / name
    path.write_text(SMALL.format(scenarios=", ".join(json.dumps(s) for s in scenarios), more=more))
    return path


@pytest.fixture
def plan() -> StressPlan:
    return StressPlan(title="-", worlds=("tiny",), people=(60,), months=2, seeds=1, scenarios=("late_recording",))


@pytest.fixture
def quick_cells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let a cell be one row, so that what is tested is how cells are kept; return the scenarios that were run."""
    performed: list[str] = []

    def run_cell(cell: Cell, folder: Path) -> None:
        performed.append(cell.scenario)
        for name, schema in (("flagged.parquet", FLAGGED), ("parquet", RESULTS)):
            columns = [pa.array([cell.scenario if f.name == "scenario" else None], f.type) for f in schema]
            harness_write(pa.Table.from_arrays(columns, schema=schema), folder / f"{cell_id(cell)}.{name}")

    def harness_write(table: pa.Table, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table, path)

    monkeypatch.setattr(harness, "run_cell", run_cell)
    return performed


# ---------------------------------------------------------------- code that a plan names


def test_a_python_file_that_a_plan_names_is_not_run_unless_trusted(tmp_path: Path) -> None:
    marker, own = tmp_path / "marker", tmp_path / "own.py"
    own.write_text(f"from pathlib import Path\nPath({str(marker)!r}).touch()\n")
    path = write_plan(tmp_path, str(own))
    with pytest.raises(CodeNotTrusted, match=r"own\.py \(SHA-256 [0-9a-f]{64}\)") as refused:
        load_plan(str(path))
    assert "--trust-code" in str(refused.value)
    assert refused.value.exit_code == 2
    assert not marker.exists()
    untrusted = StressPlan(title="-", worlds=("tiny",), people=(60,), seeds=1, scenarios=(str(own),))
    for use in (untrusted.cells, untrusted.resolved):
        with pytest.raises(CodeNotTrusted):
            use()
    assert not marker.exists()
    with pytest.raises(UsageError, match="declares no SCENARIO"):
        load_plan(str(path), trust_code=True)
    assert marker.exists()


def test_files_that_a_set_names_are_not_run_unless_trusted(tmp_path: Path) -> None:
    marker, own = tmp_path / "marker", tmp_path / "own.py"
    own.write_text(f"from pathlib import Path\nPath({str(marker)!r}).touch()\n")
    path = write_plan(tmp_path, "duplicates", more=f'[sets.own.features]\nfiles = ["{own}"]')
    with pytest.raises(UsageError, match="not OpenCSE's"):
        load_plan(str(path))
    assert not marker.exists()


def test_trusted_code_stands_with_its_digest_in_what_a_folder_says_of_its_plan(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from stress.scenario import Scenario\n"
        "SCENARIO = Scenario(question='What if?', modelled_on='-', expects='-', dose='-', doses=(1.0,))\n"
    )
    loaded = load_plan(str(write_plan(tmp_path, str(own))), trust_code=True)
    (listed,) = loaded.resolved()["own_code"]
    assert listed["path"] == str(own)
    assert len(listed["sha256"]) == 64
    before = [cell_id(cell) for cell in loaded.cells()]
    assert len(before) == 3


# ---------------------------------------------------------------- numbers out of range


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("seeds = 1000000000000", "seeds: expected a number from 1 to 10,000"),
        ("seeds = [9223372036854775808]", "seeds: expected"),
        ("people = [99999999999]", "at most 1,000,000"),
        ("doses = {late_recording = [inf]}", "doses.late_recording: expected numbers above 0"),
        ("doses = {late_recording = [nan]}", "doses.late_recording: expected numbers above 0"),
        ("months = 100000", "months"),
    ],
)
def test_numbers_that_no_world_can_have_are_refused_at_once(line: str, words: str, tmp_path: Path) -> None:
    path = write_plan(tmp_path, "late_recording")
    name = line.split(" ")[0]
    kept = [text for text in path.read_text().splitlines() if not text.startswith(f"{name} =")]
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(UsageError) as refused:
        load_plan(str(path))
    assert words in str(refused.value)


# ---------------------------------------------------------------- two at once, and what was left behind


def test_a_folder_that_another_command_writes_to_is_left_alone(
    plan: StressPlan, quick_cells: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run_plan(plan, out)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with locked(out / PLAN), pytest.raises(UsageError, match="Another command is writing there"):
        run_plan(plan, out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert run_plan(plan, out).reused == 5


@pytest.mark.parametrize("ending", ["parquet", "flagged.parquet"])
@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"\x00" * 4096])
def test_a_cell_with_a_file_that_cannot_be_read_is_run_again(
    content: bytes, ending: str, plan: StressPlan, quick_cells: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run_plan(plan, out)
    whole = (out / "results.parquet").read_bytes()
    damaged = plan.cells()[2]
    (out / CELLS / f"{cell_id(damaged)}.{ending}").write_bytes(content)
    quick_cells.clear()
    again = run_plan(plan, out)
    assert (again.reused, quick_cells) == (4, [damaged.scenario])
    assert (out / "results.parquet").read_bytes() == whole


def test_a_cell_whose_pages_are_damaged_is_removed_with_a_sentence_and_run_again(
    plan: StressPlan, quick_cells: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run_plan(plan, out)
    path = out / CELLS / f"{cell_id(plan.cells()[0])}.parquet"
    content = path.read_bytes()
    path.write_bytes(b"PAR1" + b"\xff" * 40 + content[44:])
    with pytest.raises(InputRejected, match="finished cell cannot be read"):
        run_plan(plan, out)
    assert not is_whole(out / CELLS, path.stem)
    assert run_plan(plan, out).reused == 4


def test_what_a_killed_command_left_half_written_is_removed(
    plan: StressPlan, quick_cells: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / CELLS).mkdir(parents=True)
    leftovers = [out / CELLS / ".abc.parquet.unfinished-123", out / ".results.parquet.unfinished-123"]
    for path in leftovers:
        path.write_bytes(b"half")
    run_plan(plan, out)
    assert not any(path.exists() for path in leftovers)


# ---------------------------------------------------------------- a disk that fills


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_a_disk_that_refuses_ends_the_plan_at_once_and_is_no_fault_of_a_cell(
    number: int, plan: StressPlan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = []

    def run_cell(cell: Cell, folder: Path) -> None:
        calls.append(cell)
        raise OSError(number, os.strerror(number), str(folder))

    monkeypatch.setattr(harness, "run_cell", run_cell)
    with pytest.raises(OSError, match=r"out/cells") as refused:
        run_plan(plan, tmp_path / "out")
    assert refused.value.errno == number
    assert len(calls) == 1
    assert list((tmp_path / "out" / FAILURES).iterdir()) == []


def test_memory_that_one_cell_lacks_takes_no_other_with_it(
    plan: StressPlan, quick_cells: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quick = harness.run_cell

    def run_cell(cell: Cell, folder: Path) -> None:
        if cell.dose == 0.5:
            raise MemoryError
        quick(cell, folder)

    monkeypatch.setattr(harness, "run_cell", run_cell)
    done = run_plan(plan, tmp_path / "out")
    assert [(failure.dose, failure.error) for failure in done.failures] == [(0.5, "MemoryError: ")]


# ---------------------------------------------------------------- folders of somebody else


@pytest.mark.parametrize("name", ["results.parquet", "flagged.parquet", PLAN, "failures/a.json"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"[1, 2]", b"{}"])
def test_a_stress_folder_that_is_not_what_it_says_is_refused_by_the_name_of_the_file(
    content: bytes, name: str, plan: StressPlan, quick_cells: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run_plan(plan, out)
    (out / name).write_bytes(content)
    read = {PLAN: budget_statement, "failures/a.json": read_failures}.get(name, overview)
    with pytest.raises(InputRejected) as refused:
        read(out)
    assert refused.value.where == str(out / name)


def test_a_table_without_its_columns_is_refused(plan: StressPlan, quick_cells: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_plan(plan, out)
    pq.write_table(pa.table({"cell": ["a"]}), out / "results.parquet")
    with pytest.raises(InputRejected, match="no column world"):
        overview(out)


# ---------------------------------------------------------------- signals


def test_no_worker_outlives_an_interruption() -> None:
    worker = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,))

    def work_until_interrupted() -> None:
        with prompt_ending():
            worker.start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_until_interrupted()
    worker.join()
    assert worker.exitcode == -signal.SIGKILL


def test_what_does_not_heed_an_interruption_is_ended_all_the_same(tmp_path: Path) -> None:
    script = tmp_path / "deaf.py"
    script.write_text(
        "import os, signal\n"
        "from stress.interruption import prompt_ending\n"
        # A shell's background jobs ignore the signal, and hand that down to what they start.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with prompt_ending(grace=0.1):\n"
        "    while True:\n"
        "        try:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "            while True: pass\n"
        "        except KeyboardInterrupt:\n"
        "            pass\n"
    )
    ended = subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False
    )
    assert ended.returncode == 128 + signal.SIGINT


def test_handlers_of_signals_are_put_back(request: pytest.FixtureRequest) -> None:
    # Whoever starts the tests in the background of a shell leaves SIGINT ignored, and such a plan ignores it too.
    started = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, started))
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with prompt_ending():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def wait_for_group(group: int) -> None:
    """Wait until no process of a group is left; the last of them may be ending still."""
    for _ in range(600):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("a worker outlived its command")


@pytest.mark.nightly
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_plan_stopped_at_any_moment_leaves_no_worker_and_goes_on_to_the_same_bytes(
    number: signal.Signals, workers: int, plan: StressPlan, tmp_path: Path
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    run_plan(plan, whole)
    path = write_plan(tmp_path, "late_recording")
    command = [sys.executable, "-m", "opencse", "stress", str(path), "--out", str(out), "--workers", str(workers)]
    for finished in range(5):
        process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list((out / CELLS).glob("[!.]*.flagged.parquet"))) < finished:
            time.sleep(0.01)
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        assert process.wait(timeout=60) in (0, 130, -number, 128 + number)
        wait_for_group(process.pid)
    run_plan(plan, out)
    for name in ("results.parquet", "flagged.parquet"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert [p for p in out.rglob("*") if "unfinished" in p.name] == []
    shutil.rmtree(out)


def test_paths_of_own_scenarios_are_relative_to_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "own.py").write_text(OWN)
    path = write_plan(folder, "own.py")
    places = (tmp_path, folder)
    resolved = []
    for place in places:
        monkeypatch.chdir(place)
        plan = load_plan(str(path.relative_to(place)), trust_code=True)
        cell = next(cell for cell in plan.cells() if cell.scenario.endswith("own.py"))
        assert cell.declaration is not None
        assert cell.declaration.name == "own"
        resolved.append((plan.resolved(), cell_id(cell)))
    # From wherever the command is given, the plan and its cells are the same.
    assert resolved[0] == resolved[1]
    assert resolved[0][0]["own_code"][0]["path"] == "own.py"
    with pytest.raises(CodeNotTrusted, match="not OpenCSE's"):
        load_plan(str(path))


OWN = """
from stress.scenario import Scenario

SCENARIO = Scenario(
    question="What if?", modelled_on="-", expects="-", dose="share", doses=(0.5,), tables=("shift",),
    records=lambda draft, dose: None,
)
"""
