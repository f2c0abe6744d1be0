"""The command `worlds`: list the synthetic worlds that come with OpenCSE."""

from __future__ import annotations

from opencse.command import Command
from opencse.options import AsJson
from opencse.terminal import print_json, print_table


def worlds(as_json: AsJson = False) -> None:
    """List the synthetic worlds that can be generated."""
    from data.synthetic import world

    titles = {name: world.describe(name) for name in world.names()}
    if as_json:
        print_json(titles)
    else:
        print_table("Synthetic worlds", ["world", "what it is"], list(titles.items()))


COMMAND = Command(worlds, panel="Make records", examples=("opencse worlds",))
