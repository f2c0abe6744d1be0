"""Scenarios, one a file, each declaring SCENARIO: ways in which records go wrong, or are used wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from data.errors import UsageError
from data.registry import declarations, file_declaration
from stress.scenario import Scenario


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Return every scenario that comes with OpenCSE by name, the name of its file, in alphabetical order.

    Example:
        >>> scenarios()["duplicates"].question
        'What if rows are recorded twice under new numbers?'
    """
    declared = declarations("stress.scenarios", "SCENARIO", Scenario)
    return MappingProxyType({name: replace(scenario, name=name) for name, scenario in declared.items()})


def scenario(name_or_path: str) -> Scenario:
    """Return a scenario by its name, or from a Python file of the user's own that declares SCENARIO.

    Raises:
        UsageError: there is none of that name, or the file declares none.

    Example:
        >>> scenario("clock_shift").doses
        (1.0, 3.0, 8.0)
    """
    if name_or_path in scenarios():
        return scenarios()[name_or_path]
    path = Path(name_or_path)
    if path.suffix == ".py" and path.is_file():
        return replace(file_declaration(path, "SCENARIO", Scenario), name=path.stem)
    raise UsageError(
        f"There is no scenario '{name_or_path}'.",
        expected=f"one of {', '.join(scenarios())}, or the path of a .py file",
    )
