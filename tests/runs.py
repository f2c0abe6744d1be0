"""One run of the small force, shared by the tests that only read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import load
from tests import small_force

Runner = Callable[..., RunFolder]


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
def finished(force: Path, runner: Runner) -> RunFolder:
    return runner(force)
