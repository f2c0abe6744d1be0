"""Calling the command line in this process, as `python -m opencse` does it, and in a shell."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from typer.testing import CliRunner, Result

from data.errors import OpencseError
from opencse.cli import app, exit_code

ROOT = Path(__file__).parent.parent


def call(*arguments: object) -> Result:
    """Call the command line; errors explained to the user come out as exceptions."""
    return CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200", "NO_COLOR": "1"})


def output_of(*arguments: object) -> str:
    """Call a command that must end well, and return what it printed."""
    result = call(*arguments)
    assert result.exit_code == 0, (result.exception, result.output)
    return result.stdout


def json_of(*arguments: object) -> Any:
    """Call a command that must end well, and return the JSON that is all it printed."""
    return json.loads(output_of(*arguments, "--json"))


def refusal_of(*arguments: object) -> OpencseError:
    """Call a command that must refuse, and return the error that its user sees."""
    error = call(*arguments).exception
    assert isinstance(error, OpencseError), f"{arguments} gave {error!r}"
    return error


def ending_of(*arguments: object) -> tuple[int, str, str]:
    """Call the command line as its process does, and return the exit code, standard output and standard error."""
    output, errors = io.StringIO(), io.StringIO()
    words = ["opencse", *(str(argument) for argument in arguments)]
    with patch.object(sys, "argv", words), redirect_stdout(output), redirect_stderr(errors):
        code = exit_code()
    return code, output.getvalue(), errors.getvalue()


def shell(
    *arguments: object, cwd: Path, environment: Mapping[str, str] | None = None, command: str = "{}"
) -> subprocess.CompletedProcess[str]:
    """Call the command line as a user's shell does; `command` may put a limit before it or a pipe behind it."""
    words = " ".join([sys.executable, "-m", "opencse", *(f"'{argument}'" for argument in arguments)])
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.format(words)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"} | dict(environment or {}),
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )
