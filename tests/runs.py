"""Folders that many tests only read, each made once: a small force, and what a run of it wrote."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import load
from tests import small_force

Runner = Callable[..., RunFolder]


@dataclass(frozen=True)
class SharedFolders:
    """Folders that all workers of a test run share: whoever asks first for one makes it, and others wait for it."""

    place: Path

    def folder(self, name: str, make: Callable[[Path], object]) -> Path:
        """Return the folder of a name; `make` writes it to the path that it is given."""
        self.place.mkdir(exist_ok=True)
        folder = self.place / name
        with (self.place / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                unfinished = self.place / f"{name}.unfinished"
                shutil.rmtree(unfinished, ignore_errors=True)
                make(unfinished)
                unfinished.rename(folder)
        return folder


@pytest.fixture(scope="session")
def shared_folders(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> SharedFolders:
    own = tmp_path_factory.getbasetemp()
    return SharedFolders((own.parent if hasattr(pytestconfig, "workerinput") else own) / "shared")


@pytest.fixture(scope="session")
def force_rows() -> dict[str, list[dict[str, Any]]]:
    return small_force.rows()


@pytest.fixture(scope="session")
def force(tmp_path_factory: pytest.TempPathFactory, force_rows: dict[str, list[dict[str, Any]]]) -> Path:
    return small_force.write(tmp_path_factory.mktemp("force") / "records", force_rows)


@pytest.fixture(scope="session")
def few_tables(tmp_path_factory: pytest.TempPathFactory, force_rows: dict[str, list[dict[str, Any]]]) -> Path:
    """Who serves in the small force, and who was complained about: enough for tests of how a run is written."""
    rows = {name: force_rows[name] for name in ("unit", "officer", "posting", "complaint")}
    return small_force.write(tmp_path_factory.mktemp("few") / "records", rows)


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    def _run(records: Path, *, as_of: Sequence[date] = (small_force.AS_OF,), **more: Any) -> RunFolder:
        out = tmp_path_factory.mktemp("runs") / "run"
        return run(records, out=out, settings=load(), as_of=as_of, **more).folder

    return _run


@pytest.fixture(scope="session")
def finished(force: Path, shared_folders: SharedFolders) -> RunFolder:
    def make(out: Path) -> None:
        run(force, out=out, settings=load(), as_of=[small_force.AS_OF])

    return RunFolder(shared_folders.folder("run", make))
