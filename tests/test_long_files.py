"""Files of tests that take long begin first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.long_files import HERE, LONG, longest_first


@dataclass(frozen=True)
class Placed:
    path: Path
    name: str


def test_the_longest_file_begins_first_and_all_else_stays_in_its_order() -> None:
    long, longer = (HERE / name for name in sorted(LONG, key=lambda name: LONG[name])[-2:])
    files = [HERE / "test_b.py", long, HERE / "test_a.py", longer]
    given = [Placed(path, name) for path in files for name in ("second", "first")]
    longest_first(given)
    assert given == [Placed(path, name) for path in (longer, long, *files[::2]) for name in ("second", "first")]


def test_every_long_file_is_there() -> None:
    assert [name for name in LONG if not (HERE / name).is_file()] == []


def test_workers_are_told_to_keep_the_order() -> None:
    """Left alone, pytest-xdist begins with the files that hold the most tests."""
    rules = (HERE.parent / "Makefile").read_text(encoding="utf-8").splitlines()
    side_by_side = [line for line in rules if "--dist loadfile" in line]
    assert len(side_by_side) == 2
    assert all("--no-loadscope-reorder" in line for line in side_by_side)
