"""A plan on a real scheduler with real workers over TCP: the same bytes, also when they die or go away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from data.errors import MachineFault, UsageError
from pipeline.seal import PACKAGES
from stress import cluster as on_cluster
from stress.cluster import outcomes
from stress.harness import run_plan
from stress.plan import StressPlan, load_plan
from tests.folders import content_of
from tests.light_set import LIGHT_SET

distributed = pytest.importorskip("distributed")

ROOT = Path(__file__).parent.parent.parent

PLAN = (
    """
title = "A plan whose cells can be held up"
worlds = ["tiny"]
people = [60]
months = 2
seeds = 1
scenarios = ["held_up.py"]
"""
    + LIGHT_SET
)

HELD_UP = """
import os
import time
from pathlib import Path
from stress.scenario import Scenario

def hold(draft, dose):
    folder = Path(__file__).parent
    if (folder / "hold").exists():
        (folder / "held").write_text(str(os.getpid()))
        time.sleep(600)

SCENARIO = Scenario(question="What if it waits?", modelled_on="-", expects="-", dose="-", doses=(1.0,), records=hold)
"""


def start(*words: object, cwd: Path = ROOT) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", *(str(word) for word in words)]
    environment = os.environ | {"PYTHONPATH": str(cwd), "OMP_NUM_THREADS": "1"}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=cwd, env=environment, stdout=quiet, stderr=quiet, start_new_session=True)


def free_address() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


class LocalCluster:
    """A scheduler of its own process, with workers that a test starts and kills."""

    def __init__(self) -> None:
        self.address = free_address()
        self.processes = [start("scheduler", "--host", self.address, "--no-dashboard", "--no-jupyter")]

    @property
    def scheduler(self) -> subprocess.Popen[bytes]:
        return self.processes[0]

    def add_worker(self, cwd: Path = ROOT) -> subprocess.Popen[bytes]:
        words = ("--nthreads", 1, "--no-nanny", "--no-dashboard")
        self.processes.append(start("worker", self.address, *words, cwd=cwd))
        return self.processes[-1]

    def close(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCluster]:
    monkeypatch.setattr(on_cluster, "CONNECT_SECONDS", 600)  # however busy the machine is, they start
    cluster = LocalCluster()
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> StressPlan:
    folder = tmp_path_factory.mktemp("plan")
    (folder / "plan.toml").write_text(PLAN)
    (folder / "held_up.py").write_text(HELD_UP)
    return load_plan(str(folder / "plan.toml"), trust_code=True)


@pytest.fixture(scope="module")
def at_home(plan: StressPlan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("home") / "out"
    assert run_plan(plan, out).failures == ()
    return content_of(out)


def folder_of(plan: StressPlan) -> Path:
    return plan.own_code[0].parent


def held_worker(plan: StressPlan, result: Future[object]) -> int:
    """Wait until a cell is under way on a worker, and return the worker's process id."""
    path = folder_of(plan) / "held"
    while not (path.is_file() and path.read_text()):
        assert not result.done(), result.exception()
        time.sleep(0.05)
    return int(path.read_text())


@pytest.fixture
def hold(plan: StressPlan) -> Iterator[Path]:
    path = folder_of(plan) / "hold"
    path.touch()
    yield path
    path.unlink(missing_ok=True)
    (folder_of(plan) / "held").unlink(missing_ok=True)


def in_thread(call: Callable[[], object]) -> Future[object]:
    """Start a call beside the test."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(call)
    pool.shutdown(wait=False)
    return future


def test_a_plan_goes_on_when_a_worker_is_killed_and_gives_the_bytes_of_one_machine(
    cluster: LocalCluster, plan: StressPlan, at_home: dict[str, bytes], hold: Path, tmp_path: Path
) -> None:
    workers = {worker.pid: worker for worker in (cluster.add_worker(), cluster.add_worker())}
    counts: list[int] = []
    result = in_thread(
        lambda: run_plan(plan, tmp_path / "out", backend="dask", address=cluster.address, progress=counts.append)
    )
    victim = workers[held_worker(plan, result)]
    hold.unlink()
    victim.kill()
    result.result()
    assert content_of(tmp_path / "out") == at_home
    assert sum(counts) == len(plan.cells())


@pytest.mark.nightly
def test_a_lost_scheduler_is_said_and_the_plan_goes_on_elsewhere(
    cluster: LocalCluster,
    plan: StressPlan,
    at_home: dict[str, bytes],
    hold: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_cluster, "CONNECT_SECONDS", 60)
    cluster.add_worker()
    result = in_thread(lambda: run_plan(plan, tmp_path / "out", backend="dask", address=cluster.address))
    held_worker(plan, result)
    cluster.scheduler.kill()
    with pytest.raises(MachineFault, match="The cluster was lost") as caught:
        result.result()
    assert "is gone" in str(caught.value)
    hold.unlink()
    again = run_plan(plan, tmp_path / "out")
    assert again.reused > 0
    assert content_of(tmp_path / "out") == at_home


def test_a_worker_with_other_code_is_refused_before_the_first_cell(
    cluster: LocalCluster, plan: StressPlan, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, other / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "stress" / "cell.py").open("a") as file:
        file.write("\n# another day's code\n")
    cluster.add_worker(cwd=other)
    with pytest.raises(UsageError, match="would compute something else") as caught:
        run_plan(plan, tmp_path / "out", backend="dask", address=cluster.address)
    assert "OpenCSE's code" in str(caught.value)
    assert not list((tmp_path / "out" / "cells").glob("*"))


def test_a_worker_that_would_run_another_cell_says_so_instead() -> None:
    cell = StressPlan(title="-", worlds=("tiny",), people=(60,), seeds=1, scenarios=()).cells()[0]
    outcome = on_cluster.run_piece([cell], ["0" * 32])[0]
    assert (outcome.files, outcome.error) == (
        {},
        "The worker has other code, libraries or own files than the machine that asks.",
    )


def refuse(self: object, number: int, timeout: float) -> None:
    """Stand for the wait for a worker that does not come."""
    raise TimeoutError


def test_where_nobody_answers_and_where_nobody_works_is_said(
    cluster: LocalCluster, plan: StressPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(on_cluster, "CONNECT_SECONDS", 0.1)
        for address in (free_address(), "abacus"):
            with pytest.raises(UsageError, match="No scheduler answers"):
                list(outcomes([plan.cells()], address=address))
    monkeypatch.setattr("distributed.Client.wait_for_workers", refuse)
    with pytest.raises(UsageError, match="no worker"):
        list(outcomes([plan.cells()], address=cluster.address))


def test_a_machine_too_busy_to_start_a_thread_at_once_is_waited_for(
    cluster: LocalCluster, plan: StressPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask starts an event loop of its own in a thread, and fails where that has not come to run after ten seconds."""
    monkeypatch.setattr("distributed.utils._CollectErrorThread", lambda target, daemon, name: None)
    monkeypatch.setattr("distributed.Client.wait_for_workers", refuse)
    with pytest.raises(UsageError, match="no worker"):
        list(outcomes([plan.cells()], address=cluster.address))


def test_a_machine_that_starts_no_thread_is_said(plan: StressPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(self: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", start)
    with pytest.raises(MachineFault, match="No client of the cluster can be started") as caught:
        list(outcomes([plan.cells()], address=free_address()))
    assert "can't start new thread" in str(caught.value)


def test_a_farewell_that_a_busy_machine_does_not_manage_hides_nothing(
    cluster: LocalCluster, plan: StressPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = distributed.Client.close

    def close_late(self: distributed.Client, timeout: float | None = None) -> None:
        close(self)
        if timeout is not None:  # Not where the client of another test is collected while this one runs.
            raise TimeoutError("timed out after 15 s")

    monkeypatch.setattr(distributed.Client, "close", close_late)
    monkeypatch.setattr(distributed.Client, "wait_for_workers", refuse)
    with pytest.raises(UsageError, match="no worker"):
        list(outcomes([plan.cells()], address=cluster.address))
