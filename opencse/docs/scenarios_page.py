"""The page of scenarios, written from what each declares: `python -m opencse.docs`."""

from __future__ import annotations

from typing import Final

from stress.scenario import Scenario
from stress.scenarios import scenarios

PAGE: Final = "docs/reference/scenarios.md"

_INTRODUCTION = """\
# Scenarios

<!-- Written by `make docs` from the files in `stress/scenarios/`. Edit those. -->

Each scenario is one way in which records go wrong, or are used wrongly, without anybody's conduct changing. At dose 0
nothing happens. What is expected was written before anything was measured, and may be wrong: a stress plan says what
happens. `opencse scenarios` lists them; [Run a stress test](../how-to/stress-test.md) says how they are run.
"""


def scenarios_page() -> str:
    """Return the page."""
    return "\n".join([_INTRODUCTION, *(_section(found) for found in scenarios().values())])


def _section(found: Scenario) -> str:
    tables = ", ".join(f"`{name}`" for name in found.tables) or "no record; " + _elsewhere(found)
    doses = ", ".join(f"{dose:g}" for dose in found.doses)
    breaks = [f"`{table}`: {rule}" for table, rule in found.breaks]
    lines = [
        f"## {found.name}",
        "",
        found.question,
        "",
        f"- Modelled on: {found.modelled_on}",
        f"- Expected: {found.expects}.",
        f"- Dose: {found.dose}. Its own doses: {doses}.",
        f"- Changes: {tables}.",
        *([f"- Rules of the contract that rows may break: {'; '.join(breaks)}."] if breaks else []),
        "",
    ]
    return "\n".join(lines)


def _elsewhere(found: Scenario) -> str:
    if found.method is not None:
        return "it adds a method of its own to the comparison"
    if found.between is not None:
        return "it acts on the settings between several runs"
    return "it acts on the settings of the run"
