"""The page of commands, written from what each declares."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import typer

from opencse.cli import app, commands
from opencse.docs.markdown import code, render

PAGE: Final = "docs/reference/commands.md"


def commands_page() -> str:
    """Return the page in Markdown.

    Example:
        >>> "## `opencse run`" in commands_page()
        True
    """
    groups: Any = typer.main.get_command(app)
    panels = [
        (panel, [_section(groups.commands[command.name], command.examples) for command in members])
        for panel, members in groupby(commands().values(), key=lambda command: command.panel)
    ]
    return render("commands.md.jinja", panels=panels)


def _section(command: Any, examples: tuple[str, ...]) -> dict[str, Any]:
    rows = [row for parameter in command.params for row in _row(parameter)]
    return {"name": command.name, "summary": command.help.strip(), "rows": rows, "examples": examples}


def _row(parameter: Any) -> Iterator[tuple[str, ...]]:
    if parameter.name == "help":
        return
    spelling = ", ".join(code(name) for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-"))
    default = parameter.default
    usual = "required" if parameter.required else "" if default in (None, False) else str(default)
    yield spelling or code(parameter.name.upper()), parameter.help or "", usual
