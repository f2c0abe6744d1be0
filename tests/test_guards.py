"""The guards in conftest.py catch what they are there for: each is tried on a test that should not pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

SUITE = """
import random, socket
import numpy as np, pytest
from hypothesis import given, strategies as st

def test_fine(): np.random.default_rng(1).random()
def test_draws(): random.random()
def test_draws_from_numpy(): np.random.rand()
def test_seeds(): np.random.seed(3)
@given(st.integers())
def test_property_fine(x): pass
@given(st.integers())
def test_property_draws(x): random.random()
@pytest.fixture(scope="module")
def drawn(): return np.random.rand()
def test_fixture_draws(drawn): pass
def test_connects_and_swallows_the_error():
    try: socket.create_connection(("192.0.2.1", 80), timeout=1)
    except OSError: pass
def test_looks_up_a_name():
    try: socket.getaddrinfo("host.invalid", 80)
    except OSError: pass
def test_connects_locally():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0)); server.listen()
        socket.create_connection(server.getsockname()).close()
@pytest.mark.nightly
def test_long(): pass
@pytest.mark.chicago
def test_real(chicago): assert chicago.is_dir()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a suite of its own under the guards of this one."""
    folder = tmp_path_factory.mktemp("guards")
    shutil.copy(HERE / "conftest.py", folder)
    shutil.copy(HERE.parent / "pyproject.toml", folder)
    (folder / "test_suite.py").write_text(SUITE)
    return folder


def outcomes(folder: Path, *arguments: str, chicago: str = "") -> dict[str, str]:
    """Run the suite in a process of its own and return each test's outcome."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "test_suite.py", "-v", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=os.environ | {"OPENCSE_CHICAGO": chicago},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split() for line in ran.stdout.splitlines() if line.startswith("test_suite.py::")]
    return {line[0].removeprefix("test_suite.py::"): line[1] for line in lines}


def test_guards_fail_what_touches_global_randomness_or_the_network(project: Path) -> None:
    assert outcomes(project) == {
        "test_fine": "PASSED",
        "test_draws": "FAILED",
        "test_draws_from_numpy": "FAILED",
        "test_seeds": "FAILED",
        "test_property_fine": "PASSED",
        "test_property_draws": "FAILED",
        "test_fixture_draws": "ERROR",
        "test_connects_and_swallows_the_error": "FAILED",
        "test_looks_up_a_name": "FAILED",
        "test_connects_locally": "PASSED",
        "test_real": "SKIPPED",
    }


def test_markers_choose_the_nightly_and_the_real_records_tests(project: Path, tmp_path: Path) -> None:
    chosen = outcomes(project, "-m", "nightly or chicago", chicago=str(tmp_path))
    assert chosen == {"test_long": "PASSED", "test_real": "PASSED"}
