"""The order in which files of tests begin: those that take longest first."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol, TypeVar

HERE: Final = Path(__file__).parent

LONG: Final = {
    "stress/test_stress.py": 85,
    "stress/test_scenarios.py": 55,
    "stress/test_cluster.py": 50,
    "pipeline/test_run.py": 45,
    "stress/test_controls.py": 45,
    "stress/test_budget.py": 30,
    "opencse/test_public_records.py": 30,
    "audit/test_replay.py": 30,
    "audit/test_rates_report.py": 25,
    "dossier/test_browser.py": 25,
    "models/test_detectors.py": 25,
    "audit/test_rates_foreign.py": 20,
    "audit/test_specification.py": 20,
    "data/synthetic/test_realism.py": 20,
    "features/test_gaps.py": 20,
    "opencse/test_run.py": 20,
    "audit/test_outcomes.py": 15,
    "pipeline/test_pseudonyms.py": 15,
    "test_notebooks.py": 15,
}
"""About how many seconds of a processor the files take that take most."""


class Placed(Protocol):
    """A test that says in which file it stands."""

    @property
    def path(self) -> Path: ...


T = TypeVar("T", bound=Placed)


def longest_first(tests: list[T]) -> None:
    """Put tests of the longest files first; those of one file, and all others, stay as they are.

    Files run side by side, each as a whole: begun in any order, a long one that comes last keeps one worker busy while
    the others have nothing left to do.
    """
    names = {HERE / name: seconds for name, seconds in LONG.items()}
    tests.sort(key=lambda test: -names.get(test.path, 0))
