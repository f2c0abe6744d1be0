"""The command `sql`: print the SQL that a run ran."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from data.errors import UsageError
from opencse.command import Command
from opencse.options import RunPath
from opencse.terminal import print_source


def sql(
    run: RunPath,
    step: Annotated[
        str | None, typer.Argument(help="A step, part of its name, or an indicator; none lists all.")
    ] = None,
) -> None:
    """Print the SQL that ran, by step or indicator, exactly as it ran."""
    from pipeline.run_folder import open_run

    lineage = open_run(run).path / "lineage"
    entries = json.loads((lineage / "steps.json").read_text(encoding="utf-8"))
    if step is None:
        for entry in entries:
            print_source(entry["step"])
        return
    statements = {entry["step"]: (lineage / entry["file"]).read_text(encoding="utf-8") for entry in entries}
    names = _steps_of(step, statements)
    if not names:
        raise UsageError(f"No step of the run is called '{step}'.", hint=f"List them: opencse sql {run}")
    for name in names:
        print_source(f"-- {name}\n{statements[name]}")


def _steps_of(name: str, statements: dict[str, str]) -> list[str]:
    """Return the steps that a name stands for: by whole name, by a part of it, by an indicator, by any piece of it."""
    exact = [step for step in statements if step == name] or [step for step in statements if name in step.split("/")]
    columns = [f"{part}__" for part in _parts_of(name)]
    scans = [
        step
        for step, statement in statements.items()
        if "/features/" in step and any(column in statement for column in columns)
    ]
    return list(dict.fromkeys([*scans, *exact])) or [step for step in statements if name in step]


def _parts_of(name: str) -> tuple[str, ...]:
    """Return an indicator's own name, or those of the indicators that a formula reads."""
    from features.indicators import indicators

    parts = indicators()[name].parts if name in indicators() else ()
    return tuple(part.name for part in parts) or (name,)


COMMAND = Command(
    sql, panel="Read a run", examples=("opencse sql build/run", "opencse sql build/run roster_self_edits")
)
