"""The command `budget`: state what was promised about false flags, and what was achieved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.staging import check_new
from opencse.command import Command
from opencse.options import AsJson
from opencse.terminal import print_json, print_text, steps


def budget(
    folder: Annotated[Path, typer.Argument(help="A folder written by 'opencse stress'.")],
    out: Annotated[
        Path | None, typer.Option(help="New folder for the statement, as JSON and text, and all cells.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """State what was promised about false flags, what was achieved, and where the promise stops holding."""
    from stress.budget import budget_statement, write_statement
    from stress.budget.statement_text import statement_lines

    if out is not None:
        check_new(out)
    with steps("Budget statement") as progress:
        progress("counting world by world")
        statement = budget_statement(folder)
        if out is not None:
            progress("writing")
            write_statement(statement, out)
    if as_json:
        print_json(statement.content)
        return
    for line in statement_lines(statement.content):
        print_text(line)
    if out is not None:
        print_text()
        print_text(f"The statement: {out / 'budget.json'}; every cell: {out / 'budget.parquet'}")


COMMAND = Command(budget, panel="Test the method", examples=("opencse budget build/stress --out build/budget",))
