from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.errors import UsageError
from data.synthetic import world
from data.synthetic.planted_patterns import archetypes, typologies


def test_every_world_loads_and_says_what_it_is_for() -> None:
    assert {"tiny", "demo", "met", "null"} <= set(world.names())
    for name in world.names():
        assert world.load(name).name == name
        assert len(world.describe(name)) > 20


def test_size_length_and_seed_can_be_replaced() -> None:
    changed = world.load("tiny", people=100, months=3, seed=9)
    assert (changed.people, changed.months, changed.seed) == (100, 3, 9)
    assert changed.ends_on == date(2024, 12, 1)


def test_an_unknown_world_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match="tiny"):
        world.load("tyni")


def test_all_faults_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('people = 10\nmonths = "many"\ncolour = 1\n[structure]\nboroughs = 99\n', "utf-8")
    with pytest.raises(UsageError) as caught:
        world.load(str(path))
    for word in ("people", "months", "colour", "structure.boroughs", "title"):
        assert word in str(caught.value)


def test_unknown_patterns_and_figures_are_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = 'title = "own"\npeople = 100\nmonths = 0\nstarts_on = 2024-01-15\n[figures]\nluck = 7\n'
    path.write_text(
        text + '[typologies]\ninclude = ["jaywalking"]\n[archetypes.settings.saint]\nshare = 0.1\n', "utf-8"
    )
    with pytest.raises(UsageError) as caught:
        world.load(str(path))
    for word in ("luck", "jaywalking", "saint", "starts_on", "months"):
        assert word in str(caught.value)


def test_a_file_that_is_not_toml_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("people = = 3", "utf-8")
    with pytest.raises(UsageError, match="not valid TOML"):
        world.load(str(path))


def test_patterns_are_named_after_their_files_and_say_what_they_rest_on() -> None:
    folder = Path(world.__file__).parent
    for kind, found in (("typologies", typologies()), ("archetypes", archetypes())):
        files = {path.stem for path in (folder / kind).glob("*.py")} - {"__init__"}
        assert set(found) == files
        for pattern in found.values():
            assert len(pattern.basis) > 20
            assert pattern.months[0] <= pattern.months[1]
