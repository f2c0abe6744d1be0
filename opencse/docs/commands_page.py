"""The page of commands, written from what each declares."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import typer

from opencse.cli import app, commands
from opencse.command import Command
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
        (panel, [section for command in members for section in _sections(groups.commands[command.name], command)])
        for panel, members in groupby(commands().values(), key=lambda command: command.panel)
    ]
    return render("commands.md.jinja", panels=panels)


def _sections(shown: Any, command: Command) -> Iterator[dict[str, Any]]:
    yield _section(shown, command.name, command.examples)
    for name, part in getattr(shown, "commands", {}).items():
        yield _section(part, f"{command.name} {name}", ())


def _section(shown: Any, name: str, examples: tuple[str, ...]) -> dict[str, Any]:
    rows = [row for parameter in shown.params for row in _row(parameter)]
    return {"name": name, "summary": shown.help.strip(), "rows": rows, "examples": examples}


def _row(parameter: Any) -> Iterator[tuple[str, ...]]:
    if parameter.name == "help":
        return
    spelling = ", ".join(code(name) for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("-"))
    default = parameter.default
    usual = "required" if parameter.required else "" if default in (None, False) else str(default)
    yield spelling or code(parameter.name.upper()), parameter.help or "", usual
