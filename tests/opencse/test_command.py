"""What holds for every command: its own module and tests, help, examples that could be typed, refusals in words."""

from __future__ import annotations

import importlib
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from opencse.cli import app, commands
from tests.command_line import call, output_of, refusal_of, shell

COMMANDS = commands()
GROUP: Any = typer.main.get_command(app)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_bears_the_name_of_its_module_and_has_tests(name: str) -> None:
    module = importlib.import_module(f"opencse.commands.{name}")
    assert getattr(module, name) is COMMANDS[name].function
    assert (Path(__file__).parent / f"test_{name}.py").is_file()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_examples_that_the_command_understands(name: str) -> None:
    command = COMMANDS[name]
    assert " ".join(output_of(command.name, "--help").split()).count(f"opencse {command.name}") >= 2
    for example in command.examples:
        program, called, *arguments = shlex.split(example)
        assert (program, called) == ("opencse", command.name)
        GROUP.commands[called].make_context(called, arguments)


def test_help_names_every_command_and_what_the_exit_codes_mean() -> None:
    text = " ".join(output_of("--help").split())
    for command in COMMANDS.values():
        assert command.name in text
    for code in ("0 done", "2 usage", "3 input rejected", "4 verification", "5 the machine", "130 interrupted"):
        assert code in text


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("sql", "generate")])
def test_every_command_speaks_json_but_for_sql(name: str) -> None:
    command = COMMANDS[name]
    parts = [[command.name, part.__name__.replace("_", "-")] for part in command.parts] or [[command.name]]
    for words in parts:
        assert "--json" in output_of(*words, "--help"), words


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_wrong_use(name: str) -> None:
    result = call(COMMANDS[name].name, "--nonsense")
    assert result.exit_code == 2
    assert "--nonsense" in result.stderr


@pytest.mark.parametrize("command", ["flags", "verify", "replay", "sql", "rates"])
def test_a_folder_that_is_no_run_is_refused(command: str, tmp_path: Path) -> None:
    error = refusal_of(command, tmp_path / "nowhere")
    assert error.exit_code == 2
    assert "not a run folder" in str(error)
    assert error.where == str(tmp_path / "nowhere")


def test_the_shell_sees_codes_sentences_and_no_traceback(tmp_path: Path) -> None:
    unknown = shell("flags", "nowhere", cwd=tmp_path)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("Error: This is not a run folder.")
    misspelt = shell("falgs", cwd=tmp_path)
    assert misspelt.returncode == 2
    assert "falgs" in misspelt.stderr
    assert "Traceback" not in unknown.stderr + misspelt.stderr
