"""What the pages show to type and write is accepted: each command line by its parser, each Python block by Python."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache

import click
import pytest
import typer

from opencse.cli import app
from tests.command_line import call, json_of
from tests.test_documents import ROOT, pages

PLACES = ("README.md", "CONTRIBUTING.md", "docs/")
GENERATED = ("docs/catalogue/", "docs/reference/python.md")
"""Pages whose examples are run where they are declared."""

PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", text)


def shown() -> dict[str, str]:
    return {path: text for path, text in pages().items() if path.startswith(PLACES) and not path.startswith(GENERATED)}


def command_lines(text: str) -> Iterator[list[str]]:
    """Yield the arguments of each command line in the blocks of a page, without what is said beside it."""
    for block in blocks(text, "(?:sh|bash|console)?"):
        for line in block.replace("\\\n", " ").splitlines():
            words = re.split(r"\s{3,}|\s[|>#]\s", line.strip())[0]
            if re.match(r"opencse [a-z]", words) and "[" not in words and "..." not in words:
                yield shlex.split(words)[1:]


@cache
def all_commands() -> click.Command:
    return typer.main.get_command(app)


def refusal(arguments: list[str]) -> str:
    """What the command line's parser has against arguments; nothing is run."""
    command = all_commands()
    try:
        name = "opencse"
        while isinstance(command, click.Group):
            name, command, arguments = command.resolve_command(click.Context(command), arguments)
        command.make_context(name, arguments)
    except click.ClickException as error:
        return error.format_message()
    return ""


def test_every_command_line_that_a_page_shows_is_accepted_by_its_parser() -> None:
    lines = [(path, arguments) for path, text in shown().items() for arguments in command_lines(text)]
    assert len(lines) > 60
    assert [f"{path}: {' '.join(line)}: {fault}" for path, line in lines if (fault := refusal(list(line)))] == []


def test_every_python_block_of_a_page_is_python_and_imports_what_is_there() -> None:
    faults = []
    for path, text in shown().items():
        for block in blocks(text, "python"):
            for node in ast.walk(ast.parse(block, filename=path)):
                faults += [f"{path}: {fault}" for fault in missing(node)]
    assert faults == []


def missing(node: ast.AST) -> Iterator[str]:
    """Yield what a statement imports of OpenCSE, or names of its public API, and is not there."""
    if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in PACKAGES:
        module = importlib.import_module(str(node.module))
        yield from (f"{node.module} has no {alias.name}" for alias in node.names if not hasattr(module, alias.name))
    public = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "opencse"
    if public and not hasattr(importlib.import_module("opencse"), node.attr):
        yield f"opencse has no {node.attr}"


@pytest.mark.nightly
def test_the_commands_of_the_tutorial_run_one_after_another(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a smaller world than the page's, and with the first flag where the page says `FLAG_ID`."""
    monkeypatch.chdir(tmp_path_factory.mktemp("tutorial"))
    ran = []
    for arguments in command_lines(pages()["docs/tutorial.md"]):
        if "STEP" in arguments:
            continue
        if "FLAG_ID" in arguments:
            arguments[arguments.index("FLAG_ID")] = json_of("flags", "run")[0]["flag_id"]
        if arguments[0] == "generate":
            arguments = ["tiny" if word == "demo" else word for word in arguments]
        result = call(*arguments)
        assert result.exit_code == 0, (arguments, result.output)
        ran.append(arguments[0])
    assert {"generate", "run", "flags", "explain", "replay", "verify"} <= set(ran)
