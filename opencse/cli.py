"""The command line: one module of `opencse/commands/` a command, and how errors become exits."""

from __future__ import annotations

import atexit
import os
import sys
from typing import Final, NoReturn

import typer

from data.registry import declarations
from opencse.command import PANELS, Command
from opencse.failures import INTERRUPTED, check_arguments, failure_of, is_interruption, is_reader_gone
from opencse.terminal import close_results, flush_results, prepare_streams, print_error, print_note

EPILOG: Final = (
    "Exit codes: 0 done, 1 unforeseen, 2 usage or configuration, 3 input rejected, 4 verification or replay failed,"
    " 5 the machine refused (no space, permission or memory), 6 cells of a stress plan failed,"
    " 7 written but with little to say, 130 interrupted."
)


def commands() -> dict[str, Command]:
    """Return every command by the name of its module, in the order of the help page.

    Example:
        >>> list(commands())[:3]
        ['calibrate', 'generate', 'worlds']
    """
    declared = declarations("opencse.commands", "COMMAND", Command)
    return dict(sorted(declared.items(), key=lambda item: (PANELS.index(item[1].panel), item[0])))


_COMMANDS: Final = commands()


def _application() -> typer.Typer:
    application = typer.Typer(
        name="opencse",
        help=(
            "Find records worth a human look in a police workforce's own records, reproducibly: every flag can be"
            " explained, replayed from its source rows and checked. A flag is never a finding."
        ),
        epilog=EPILOG,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in _COMMANDS.values():
        if command.parts:
            application.add_typer(_group(command), name=command.name, rich_help_panel=command.panel)
        else:
            register = application.command(name=command.name, epilog=command.epilog, rich_help_panel=command.panel)
            register(command.function)
    return application


def _group(command: Command) -> typer.Typer:
    """Return the commands that are parts of one."""
    group = typer.Typer(help=command.function.__doc__, epilog=command.epilog, no_args_is_help=True)
    for part in command.parts:
        group.command(name=part.__name__)(part)
    return group


app: Final = _application()


def main() -> None:
    """Run the command line and end the process with the exit code of what happened."""
    prepare_streams()
    _prepare_libraries(sys.argv[1:])
    code = exit_code()
    close_results()
    if code == INTERRUPTED:
        end_at_once()
    sys.exit(code)


def _prepare_libraries(arguments: list[str]) -> None:
    """Leave out what the command at hand has no use for."""
    if any(command.name in arguments[:1] for command in _COMMANDS.values() if not command.data_frames):
        from data.arrow import leave_pandas_out

        leave_pandas_out()


def end_at_once() -> NoReturn:
    """End the process after an interruption, when all that a command cleans up is cleaned up.

    Native libraries that were interrupted complain at length when the interpreter is taken down: here it is not.
    """
    atexit._run_exitfuncs()
    os._exit(INTERRUPTED)


def exit_code() -> int:
    """Run the command line and return its exit code; every foreseen failure is printed as a sentence."""
    try:
        check_arguments(sys.argv[1:])
        # Without a command there is nothing to do but to say which there are.
        code = app(sys.argv[1:] or ["--help"], prog_name="opencse", standalone_mode=False)
        flush_results()
    except BaseException as error:
        return _code_of(error)
    if code == INTERRUPTED:  # Typer has taken the interruption
        print_note("Interrupted.")
    return code if isinstance(code, int) else 0


def _code_of(error: BaseException) -> int:
    """Print what ended a command, and return its exit code; what was not foreseen is raised again."""
    if is_reader_gone(error):
        return 0
    if is_interruption(error):
        print_note("Interrupted.")
        return INTERRUPTED
    failure = failure_of(error)
    if failure is None:
        raise error
    print_error(failure)
    return failure.exit_code
