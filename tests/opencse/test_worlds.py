"""The command `worlds`, as its users call it."""

from __future__ import annotations

from data.synthetic.world import names
from tests.command_line import call, json_of, output_of


def test_every_world_is_listed_with_what_it_is_for() -> None:
    listed = json_of("worlds")
    assert list(listed) == sorted(names())
    assert all(listed.values())
    assert all(name in output_of("worlds") for name in names())


def test_worlds_takes_no_argument() -> None:
    assert call("worlds", "demo").exit_code == 2
