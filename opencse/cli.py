"""The command line: the commands, and how errors become exits."""

from __future__ import annotations

import sys

import typer

from data.errors import OpencseError
from opencse.commands import assuring, auditing, calibrating, checking, reading, records, running, specifying, stressing
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
for group in (records, calibrating, running, reading, checking, stressing, auditing, specifying, assuring):
    group.register(app)


def main() -> None:
    """Run the command line; errors that are explained to the user end with their own exit code."""
    stdout = sys.stdout
    try:
        app()
    except OpencseError as error:
        complain(error)
        sys.exit(error.exit_code)
    except SystemExit as end:
        # Whoever read our output has seen enough, as in `opencse flags RUN | head`: Typer replaces the stream and ends
        # with 1, which stands for something unforeseen.
        sys.exit(0 if sys.stdout is not stdout else end.code)


if __name__ == "__main__":
    main()
