"""The command `sql`: print the SQL that a run ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from data.errors import UsageError, VerificationFailed
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

    statements = _statements(open_run(run).path / "lineage")
    if step is None:
        for name in statements:
            print_source(name)
        return
    names = _steps_of(step, statements)
    if not names:
        raise UsageError(f"No step of the run is called '{step}'.", hint=f"List them: opencse sql {run}")
    for name in names:
        print_source(f"-- {name}\n{statements[name]}")


def _statements(lineage: Path) -> dict[str, str]:
    """Return the SQL of each step, in the order in which they ran.

    Raises:
        VerificationFailed: the list of steps or a file of it cannot be read, or lies outside of the run folder.
    """
    try:
        entries = json.loads((lineage / "steps.json").read_text(encoding="utf-8"))
        files = {str(entry["step"]): (lineage / entry["file"]).resolve() for entry in entries}
        # Whoever made the folder chose the names of its files: none may show a file of whoever reads it.
        outside = [str(path) for path in files.values() if not path.is_relative_to(lineage.resolve())]
        if not outside:
            return {step: path.read_text(encoding="utf-8") for step, path in files.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VerificationFailed(
            "The SQL of the run cannot be read.",
            found=f"{type(error).__name__}: {error}",
            where=str(lineage),
            hint="The folder is not as 'opencse run' wrote it: opencse verify says what has changed.",
        ) from error
    raise VerificationFailed("A step of the run lies outside of its folder.", found=outside[0], where=str(lineage))


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
