"""The command line: the commands, and how errors become exits."""

from __future__ import annotations

import sys

import typer

from data.errors import OpencseError
from opencse.commands import checking, reading, records, running
from opencse.terminal import complain

EPILOG = (
    "Exit codes: 0 done, 1 unforeseen, 2 usage or configuration, 3 input rejected, 4 verification or replay failed."
)

app = typer.Typer(
    name="opencse",
    help=(
        "Find records worth a human look in a police workforce's own records, reproducibly: every flag can be"
        " explained, replayed from its source rows and checked. A flag is never a finding."
    ),
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (records, running, reading, checking):
    group.register(app)


def main() -> None:
    """Run the command line; errors that are explained to the user end with their own exit code."""
    try:
        app()
    except OpencseError as error:
        complain(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `opencse flags RUN | head` does.
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
