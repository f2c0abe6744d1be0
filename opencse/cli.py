"""The command line: one module of `opencse/commands/` a command, and how errors become exits."""

from __future__ import annotations

import signal
import sys
from typing import Final

import typer

from data.registry import declarations
from opencse.command import PANELS, Command
from opencse.failures import INTERRUPTED, failure_of, is_interruption, is_reader_gone
from opencse.terminal import flush_results, prepare_streams, print_error, print_note, silence_streams

EPILOG: Final = (
    "Exit codes: 0 done, 1 unforeseen, 2 usage or configuration, 3 input rejected, 4 verification or replay failed,"
    " 5 the machine refused (no space, permission or memory), 130 interrupted."
)


def commands() -> dict[str, Command]:
    """Return every command by the name of its module, in the order of the help page.

    Example:
        >>> list(commands())[:3]
        ['calibrate', 'generate', 'worlds']
    """
    declared = declarations("opencse.commands", "COMMAND", Command)
    return dict(sorted(declared.items(), key=lambda item: (PANELS.index(item[1].panel), item[0])))


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
    for command in commands().values():
        register = application.command(name=command.name, epilog=command.epilog, rich_help_panel=command.panel)
        register(command.function)
    return application


app: Final = _application()


def main() -> None:
    """Run the command line and end the process with the exit code of what happened."""
    # Asked to end, a command cleans up as after Ctrl-C; left to the system it would leave its temporary folders behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    prepare_streams()
    sys.exit(exit_code())


def exit_code() -> int:
    """Run the command line and return its exit code; every foreseen failure is printed as a sentence."""
    try:
        # Without a command there is nothing to do but to say which there are.
        code = app(sys.argv[1:] or ["--help"], prog_name="opencse", standalone_mode=False)
        flush_results()
    except BaseException as error:
        if is_reader_gone(error):
            silence_streams()
            return 0
        if is_interruption(error):
            print_note("Interrupted.")
            return INTERRUPTED
        failure = failure_of(error)
        if failure is None:
            raise
        print_error(failure)
        silence_streams()
        return failure.exit_code
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
