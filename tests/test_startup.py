"""The command line is quick to answer: what is heavy is imported only by what needs it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAVY = ("great_expectations", "numba", "pandas", "pyarrow", "pydantic", "pyod", "scipy", "sklearn", "sqlalchemy")


def test_importing_the_command_line_brings_in_nothing_heavy() -> None:
    code = "import json, sys, opencse.cli; print(json.dumps(sorted(m for m in sys.modules if '.' not in m)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert sorted(set(json.loads(ran.stdout)) & set(HEAVY)) == []


def test_help_answers_within_a_second() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "opencse", "--help"], cwd=ROOT, capture_output=True, check=True)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 1.0
