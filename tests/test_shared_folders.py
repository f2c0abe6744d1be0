"""What many tests read is made once in a test run, whole, whichever worker asks for it first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.runs import SharedFolders


def test_a_folder_is_made_once_however_many_ask_for_it_at_once(tmp_path: Path) -> None:
    made: list[Path] = []
    together = Barrier(4)

    def make(place: Path) -> None:
        made.append(place)
        place.mkdir()
        (place / "whole").touch()

    def ask(_: int) -> list[str]:
        together.wait()
        return [path.name for path in SharedFolders(tmp_path / "shared").folder("run", make).iterdir()]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [["whole"]] * 4
    assert len(made) == 1


def test_what_could_not_be_made_whole_is_made_anew(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        place.mkdir()
        raise RuntimeError("the machine went down")

    shared = SharedFolders(tmp_path / "shared")
    with pytest.raises(RuntimeError, match="went down"):
        shared.folder("run", fail)
    assert list(shared.folder("run", Path.mkdir).iterdir()) == []
