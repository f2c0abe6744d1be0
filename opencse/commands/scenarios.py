"""The command `scenarios`: list the ways in which records go wrong that can be tried."""

from __future__ import annotations

from opencse.command import Command
from opencse.options import AsJson
from opencse.terminal import print_json, print_table

_FIELDS = ("question", "modelled_on", "expects", "dose", "doses", "tables")


def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios: ways in which records go wrong, or are used wrongly."""
    from stress.scenarios import scenarios as declared_scenarios

    by_name = declared_scenarios()
    if as_json:
        print_json({name: {field: getattr(one, field) for field in _FIELDS} for name, one in by_name.items()})
        return
    rows = [
        (name, one.question, one.dose, ", ".join(f"{dose:g}" for dose in one.doses)) for name, one in by_name.items()
    ]
    print_table("Scenarios", ["scenario", "question", "dose", "doses"], rows)


COMMAND = Command(scenarios, panel="Test the method", examples=("opencse scenarios",))
