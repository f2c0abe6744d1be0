"""Sources are found by their file, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from data import sources
from data.errors import UsageError
from data.source import Source


def test_every_file_of_the_folder_is_a_source_of_its_name() -> None:
    folder = Path(sources.__path__[0])
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert sources.names() == sorted(name for name in files if not name.startswith("_"))
    assert {"folder", "chicago"} <= set(sources.names())


@pytest.mark.parametrize("name", sources.names())
def test_a_source_has_its_file_s_name_and_a_line_about_itself(name: str) -> None:
    source = sources.find(name)
    assert isinstance(source, Source)
    assert source.name == name
    assert source.summary
    assert "\n" not in source.summary


def test_an_unknown_source_is_a_usage_error_that_names_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        sources.find("atlantis")
    assert caught.value.exit_code == 2
    assert "atlantis" in str(caught.value)
    assert all(name in str(caught.value) for name in sources.names())
